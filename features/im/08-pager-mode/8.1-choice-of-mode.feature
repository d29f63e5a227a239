@im-client @originating @pager
Feature: 8.1 Originating Client Procedures

  The client sends what fits into a SIP request of 1300 bytes by MESSAGE, and what does not as a large message,
  unless it knows that no hop uses datagrams. What has the size is the whole request (RFC 3428 section 8).

  Background:
    Given Alice's IM client is under test
    And Bob is a registered IM user

  Scenario: A short text
    When Alice sends Bob a message of 200 bytes
    Then Alice's client sends a MESSAGE where
      | requirement  | field  | expectation  |
      | IM-8.1-1     | method | is MESSAGE   |
      | RFC3428-8-1  | size   | at most 1300 |
    And Alice's client sends no INVITE [IM-8.1-1]

  Scenario: One byte below the limit
    When Alice sends Bob a message that makes a request of 1299 bytes
    Then Alice's client sends a MESSAGE where
      | requirement  | field  | expectation  |
      | IM-8.1-1     | method | is MESSAGE   |
      | RFC3428-8-1  | size   | at most 1300 |
    And Alice's client sends no INVITE [IM-8.1-1]

  Scenario: At the limit
    When Alice sends Bob a message that makes a request of 1300 bytes
    Then Alice's client sends a MESSAGE where
      | requirement  | field  | expectation  |
      | RFC3428-8-1  | size   | at most 1300 |

  Scenario: One byte above the limit
    When Alice sends Bob a message that makes a request of 1301 bytes
    Then Alice's client sends an INVITE where
      | requirement  | field         | expectation |
      | IM-8.1-3.1   | method        | is INVITE   |
      | IM-8.1-3.1   | SDP direction | is sendonly |
    And Alice's client sends no MESSAGE [IM-8.1-3.1]

  Scenario: Far above the limit
    When Alice sends Bob a message of 20000 bytes
    Then Alice's client sends an INVITE where
      | requirement  | field  | expectation |
      | IM-8.1-3.1   | method | is INVITE   |
    And Alice's client sends no MESSAGE [IM-8.1-3.1]

  Scenario: No hop uses datagrams
    Given Alice's client knows that every hop is connection-oriented
    When Alice sends Bob a message of 5000 bytes
    Then Alice's client sends a MESSAGE where
      | requirement  | field     | expectation             |
      | IM-8.1-2.1   | method    | is MESSAGE              |
      | IM-8.1-2.2   | transport | is one of TCP, TLS, SCTP |
    And Alice's client sends no INVITE [IM-8.1-2.1]
