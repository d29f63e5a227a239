@im-client @any-message
Feature: 7.2 Constructing responses

  What every message over MSRP gets as its answer.

  Background:
    Given Alice's IM client is under test
    And Bob is a registered IM user

  Scenario: Any message
    When Bob sends Alice a message of 20000 bytes
    Then Alice's client receives the message over MSRP where
      | requirement     | field     | expectation          |
      | RFC4975-7.2-3   | responses | acknowledge with 200 |
