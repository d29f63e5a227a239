@im-client @any-message
Feature: 7.1 Constructing requests

  What holds for every message over MSRP, whatever session it is in. In a capture it is looked for in every
  session, of any kind.

  Background:
    Given Alice's IM client is under test
    And Bob is a registered IM user

  Scenario: Any message
    When Alice sends Bob a message of 20000 bytes
    Then Alice's client sends the message over MSRP where
      | requirement   | field  | expectation             |
      | RFC4975-7.1-1 | chunks | follow RFC 4975         |
      | RFC4975-7.1-2 | chunks | carry the whole message |
