@im-client @any-message
Feature: 7.1.2 Sending REPORT requests

  What a sender hears of a message when he asked to hear of its success.

  Background:
    Given Alice's IM client is under test
    And Bob is a registered IM user

  Scenario: Any message
    When Bob sends Alice a message of 20000 bytes
    Then Alice's client receives the message over MSRP where
      | requirement       | field           | expectation             |
      | RFC4975-7.1.2-1   | success reports | cover the whole message |

  Scenario: Any report
    When Alice sends Bob a message of 20000 bytes
    Then Alice's client sends the message over MSRP where
      | requirement       | field              | expectation |
      | RFC4975-7.1.2-2   | answers to reports | is absent   |
