@im-client @originating @large-messages
Feature: 9 IM Large Message Mode

  What is too large for pager mode travels in a session of its own, which the client opens by itself and
  closes by itself once the message is delivered.

  Background:
    Given Alice's IM client is under test
    And Bob is a registered IM user

  Scenario: Above the limit of pager mode
    When Alice sends Bob a message of 1400 bytes
    Then Alice's client sends an INVITE where
      | requirement | field         | expectation |
      | IM-9-1      | method        | is INVITE   |
      | IM-9-1      | SDP direction | is sendonly |
    And Alice's client sends no MESSAGE [IM-9-1]
    And Alice's client sends a BYE where
      | requirement | field                                          | expectation                                |
      | IM-9-2.1    | method                                         | is BYE                                     |
      | IM-9-2.1    | seconds after the whole message is acknowledged | at most 10                                 |
      | IM-9-2.2    | order                                          | is after the whole message is acknowledged |

  Scenario: A slow recipient
    Given Bob's client changes what it sends
      | message  | change    |
      | MSRP 200 | delay 3 s |
    When Alice sends Bob a message of 20000 bytes
    Then Alice's client sends a BYE where
      | requirement | field                                          | expectation                                |
      | IM-9-2.1    | seconds after the whole message is acknowledged | at most 10                                 |
      | IM-9-2.2    | order                                          | is after the whole message is acknowledged |
