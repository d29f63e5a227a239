@sip-core
Feature: 16.6 Request Forwarding

  What the SIP/IP core changes in a request on its way, and that it changes nothing else.

  Background:
    Given the SIP/IP core is under test
    And Alice and Bob are registered IM users

  Scenario: A request that stands alone
    Given Alice's client changes what it sends
      | message | change                              |
      | MESSAGE | set header Subject to Tea, or not   |
      | MESSAGE | set header Organization to Us       |
      | MESSAGE | set header Max-Forwards to 20       |
    When Alice sends Bob a message of 200 bytes
    Then the SIP/IP core sends Bob a MESSAGE where
      | requirement     | field        | expectation                           |
      | RFC3261-16.6-1  | method       | is MESSAGE                            |
      | RFC3261-16.6-1  | From         | is the same as in Alice's MESSAGE     |
      | RFC3261-16.6-1  | To           | is the same as in Alice's MESSAGE     |
      | RFC3261-16.6-1  | Call-ID      | is the same as in Alice's MESSAGE     |
      | RFC3261-16.6-1  | CSeq         | is the same as in Alice's MESSAGE     |
      | RFC3261-16.6-1  | Subject      | is the same as in Alice's MESSAGE     |
      | RFC3261-16.6-1  | Organization | is the same as in Alice's MESSAGE     |
      | RFC3261-16.6-1  | Content-Type | is the same as in Alice's MESSAGE     |
      | RFC3261-16.6-1  | body         | is the same as in Alice's MESSAGE     |
      | RFC3261-16.6-2  | Request-URI  | is at Bob's client                    |
      | RFC3261-16.6-3  | Max-Forwards | is 19                                 |
      | RFC3261-16.6-5  | Via branch   | is not the same as in Alice's MESSAGE |
      | RFC3261-16.6-5  | Via branch   | is well-formed                        |
      | RFC3261-16.4-1  | Route        | is absent                             |

  Scenario: A method that nobody knows
    Given Alice's client changes what it sends
      | message | change            |
      | MESSAGE | set method UPDATE |
    When Alice sends Bob a message of 200 bytes
    Then the SIP/IP core sends Bob an UPDATE where
      | requirement     | field | expectation                      |
      | RFC3261-16.6-1  | body  | is the same as in Alice's UPDATE |

  Scenario: A request without a limit
    Given Alice's client changes what it sends
      | message | change                   |
      | MESSAGE | drop header Max-Forwards |
    When Alice sends Bob a message of 200 bytes
    Then the SIP/IP core sends Bob a MESSAGE where
      | requirement       | field        | expectation |
      | RFC3261-16.6-3    | Max-Forwards | at least 69 |
      | RFC3261-16.6-3    | Max-Forwards | at most 70  |

  Scenario: A dialog
    When Alice invites Bob to a session
    And Alice releases the session
    Then the SIP/IP core sends Bob an INVITE where
      | requirement     | field            | expectation                      |
      | RFC3261-16.6-1  | Contact          | is the same as in Alice's INVITE |
      | RFC3261-16.6-1  | body             | is the same as in Alice's INVITE |
      | RFC3261-16.6-4  | Record-Route URI | is at the SIP/IP core            |
      | RFC3261-16.6-4  | Record-Route URI | has parameter lr                 |
    And the SIP/IP core sends Bob an ACK where
      | requirement     | field       | expectation        |
      | RFC3261-16.6-2  | Request-URI | is at Bob's client |
      | RFC3261-16.4-1  | Route       | is absent          |
    And the SIP/IP core sends Bob a BYE where
      | requirement     | field       | expectation                   |
      | RFC3261-16.6-1  | CSeq        | is the same as in Alice's BYE |
      | RFC3261-16.6-2  | Request-URI | is at Bob's client            |
      | RFC3261-16.4-1  | Route       | is absent                     |
