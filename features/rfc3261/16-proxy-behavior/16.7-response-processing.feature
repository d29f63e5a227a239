@sip-core
Feature: 16.7 Response Processing

  How responses find their way back through the SIP/IP core, and which one goes back where several came.

  Background:
    Given the SIP/IP core is under test
    And Alice and Bob are registered IM users

  Scenario: A response to a request that stands alone
    When Alice sends Bob a message of 200 bytes
    Then the SIP/IP core answers Alice's MESSAGE where
      | requirement     | field      | expectation                                  |
      | RFC3261-16.7-1  | Via        | stands once                                  |
      | RFC3261-16.7-2  | status     | is 200                                       |
      | RFC3261-16.7-2  | To         | is the same as in Bob's 200 to the MESSAGE   |

  Scenario: An invitation
    When Alice invites Bob to a session
    Then the SIP/IP core answers Alice's INVITE with 180 where
      | requirement     | field   | expectation                               |
      | RFC3261-16.7-3  | status  | is 180                                    |
      | RFC3261-16.7-3  | To      | is the same as in Bob's 180 to the INVITE |
    And the SIP/IP core answers Alice's INVITE where
      | requirement     | field   | expectation                               |
      | RFC3261-16.7-2  | status  | is 200                                    |
      | RFC3261-16.7-2  | Contact | is the same as in Bob's 200 to the INVITE |
      | RFC3261-16.7-2  | body    | is the same as in Bob's 200 to the INVITE |

  Scenario: A refusal
    Given Bob's client answers the invitation with 486
    When Alice invites Bob to a session
    Then the SIP/IP core answers Alice's INVITE where
      | requirement     | field  | expectation |
      | RFC3261-16.7-4  | status | is 486      |
    And the SIP/IP core sends Bob 1 ACK in all [RFC3261-16.7-4]

  Scenario Outline: Two places, and both refuse
    Given Carol is a registered IM user
    And Bob's client changes what it sends
      | message  | change                                            |
      | REGISTER | add header Contact to {Contact of Carol's client} |
    And Bob's client answers the invitation with <first>
    And Carol's client answers the invitation with <second>
    When Alice invites Bob to a session
    Then the SIP/IP core answers Alice's INVITE where
      | requirement     | field  | expectation |
      | RFC3261-16.7-5  | status | is <best>   |

    Examples:
      | variant               | first | second | best |
      | a client and a server | 500   | 486    | 486  |
      | one for everybody     | 404   | 603    | 603  |

  Scenario: Two places, and one accepts
    Given Carol is a registered IM user
    And Bob's client changes what it sends
      | message  | change                                            |
      | REGISTER | add header Contact to {Contact of Carol's client} |
    And Carol's client rings for 20 seconds
    When Alice invites Bob to a session
    Then the SIP/IP core answers Alice's INVITE where
      | requirement     | field  | expectation |
      | RFC3261-16.7-2  | status | is 200      |
    And the SIP/IP core sends Carol a CANCEL where
      | requirement     | field  | expectation                                |
      | RFC3261-16.7-6  | order  | is after Bob's 200 to the INVITE           |

  @timers
  Scenario: No response at all
    Given Bob's client changes what it sends
      | message            | change  |
      | response to INVITE | swallow |
    When Alice invites Bob to a session
    Then the SIP/IP core answers Alice's INVITE where
      | requirement     | field  | expectation |
      | RFC3261-16.7-7  | status | is 408      |

  Scenario: Nothing for a while
    Given Bob's client changes what it sends
      | message       | change  |
      | 180 to INVITE | swallow |
    When Alice invites Bob to a session
    Then the SIP/IP core answers Alice's INVITE with 100 where
      | requirement       | field                      | expectation                      |
      | RFC3261-17.2.1-1  | seconds after Alice's INVITE | at most 1                      |
      | RFC3261-17.2.1-1  | Via branch                 | is the same as in Alice's INVITE |
