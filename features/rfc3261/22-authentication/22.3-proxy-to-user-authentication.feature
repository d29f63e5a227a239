@im-client @originating
Feature: 22.3 Proxy-to-User Authentication

  A proxy asks with 407 for a password, and the client sends its request again with credentials.

  Background:
    Given Alice's IM client is under test
    And Bob is a registered IM user
    And the SIP/IP core asks for passwords

  @pager
  Scenario: Messages
    When Alice sends Bob a message of 200 bytes
    And Alice sends Bob a message of 210 bytes
    Then Alice's client sends a MESSAGE where
      | requirement     | field               | expectation           |
      | RFC3261-22.3-1  | Proxy-Authorization | answers the challenge |
    And Alice's client sends another MESSAGE where
      | requirement     | field               | expectation           |
      | RFC3261-22.3-1  | Proxy-Authorization | answers the challenge |

  @sessions
  Scenario: A session
    When Alice invites Bob to a session
    And Alice releases the session
    Then Alice's client sends an INVITE where
      | requirement     | field               | expectation           |
      | RFC3261-22.3-1  | Proxy-Authorization | answers the challenge |
    And Alice's client sends an ACK where
      | requirement     | field               | expectation           |
      | RFC3261-22.1-1  | Proxy-Authorization | is present            |

  @pager @timers
  Scenario: What was asked long ago
    When Alice sends Bob a message of 200 bytes
    And 400 seconds pass
    And Alice sends Bob a message of 210 bytes
    Then Alice's client sends another MESSAGE where
      | requirement     | field               | expectation           |
      | RFC3261-22.4-3  | Proxy-Authorization | answers the challenge |
