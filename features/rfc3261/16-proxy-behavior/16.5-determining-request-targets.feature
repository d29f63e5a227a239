@sip-core
Feature: 16.5 Determining Request Targets

  Where the SIP/IP core sends what is for its own users, and what it answers where it knows of no place.

  Background:
    Given the SIP/IP core is under test
    And Alice is a registered IM user

  Scenario: Nobody has that name
    Given Bob is a registered IM user
    And Alice's client changes what it sends
      | message | change                                      |
      | MESSAGE | set Request-URI to sip:nobody@home1.example |
    When Alice sends Bob a message of 200 bytes
    Then the SIP/IP core answers Alice's MESSAGE where
      | requirement     | field  | expectation |
      | RFC3261-16.5-1  | status | is 404      |

  Scenario: A user who is not there
    Given Bob is offline
    When Alice sends Bob a message of 200 bytes
    Then the SIP/IP core answers Alice's MESSAGE where
      | requirement     | field  | expectation |
      | RFC3261-16.5-2  | status | is 480      |
