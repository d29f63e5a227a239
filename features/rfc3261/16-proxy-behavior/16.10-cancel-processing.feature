@sip-core
Feature: 16.10 CANCEL Processing

  An invitation that is given up is given up at every place where the SIP/IP core has sent it.

  Background:
    Given the SIP/IP core is under test
    And Alice and Bob are registered IM users

  Scenario: The caller gives up
    Given Alice cancels the invitation once it rings
    When Alice invites Bob to a session
    Then the SIP/IP core answers Alice's CANCEL where
      | requirement      | field  | expectation |
      | RFC3261-16.10-1  | status | is 200      |
    And the SIP/IP core sends Bob a CANCEL where
      | requirement      | field       | expectation                      |
      | RFC3261-16.10-2  | method      | is CANCEL                        |
      | RFC3261-16.10-2  | Request-URI | is at Bob's client               |
      | RFC3261-16.10-2  | Call-ID     | is the same as in Alice's INVITE |
    And the SIP/IP core answers Alice's INVITE where
      | requirement      | field  | expectation |
      | RFC3261-16.10-3  | status | is 487      |

  Scenario: Two places ring
    Given Carol is a registered IM user
    And Bob's client changes what it sends
      | message  | change                                            |
      | REGISTER | add header Contact to {Contact of Carol's client} |
    And Alice cancels the invitation once it rings
    And Bob's client rings for 5 seconds
    And Carol's client rings for 5 seconds
    When Alice invites Bob to a session
    Then the SIP/IP core sends Bob a CANCEL where
      | requirement      | field   | expectation                      |
      | RFC3261-16.10-2  | method  | is CANCEL                        |
      | RFC3261-16.10-2  | Call-ID | is the same as in Alice's INVITE |
    And the SIP/IP core sends Carol a CANCEL where
      | requirement      | field   | expectation                      |
      | RFC3261-16.10-2  | method  | is CANCEL                        |
      | RFC3261-16.10-2  | Call-ID | is the same as in Alice's INVITE |
