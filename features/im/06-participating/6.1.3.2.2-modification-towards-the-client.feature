@participating-function @mid-session
Feature: 6.1.3.2.2 IM Session modification

  The far side modifies the session of the served user: the Participating Function passes on to his client what the
  client can take, and answers as it does.

  Background:
    Given the Participating Function is under test
    And Alice and Bob are registered IM users

  Scenario: Modification by UPDATE
    Given the Participating Function serves Alice and stays in the media path
    And Bob's client changes what it sends
      | message | change                     |
      | UPDATE  | set SDP direction sendonly |
    When Bob invites Alice to a session
    And Bob modifies the session by UPDATE
    Then the Participating Function sends Alice an UPDATE where
      | requirement      | field                      | expectation                                 |
      | IM-6.1.3.2.2-1.1 | method                     | is UPDATE                                   |
      | IM-6.1.3.2.2-3   | SDP                        | is well-formed                              |
      | IM-6.1.3.2.2-3   | SDP                        | is a valid offer                            |
      | IM-6.1.3.2.2-3   | SDP direction              | is the same as in Bob's UPDATE              |
      | IM-6.1.3.2.2-3   | SDP attribute accept-types | is the same as in Bob's UPDATE              |
      | IM-6.1.3.2.2-4   | Call-ID                    | is the same as in Alice's 200 to the INVITE |
      | IM-6.1.3.2.2-4   | From tag                   | is the same as in Alice's 200 to the INVITE |
      | IM-6.1.3.2.2-4   | To tag                     | is the same as in Alice's 200 to the INVITE |
      | IM-6.1.3.2.2-4   | Request-URI                | is the Contact of the 200 to the INVITE     |
      | IM-6.1.3.2.2-4   | mandatory headers          | are complete                                |
      | IM-6.1.3.2.2-4   | next hop                   | is the SIP/IP core                          |
    And the Participating Function answers Bob's UPDATE where
      | requirement        | field                                   | expectation                                 |
      | IM-6.1.3.2.2-200.1 | status                                  | is 200                                      |
      | IM-6.1.3.2.2-200.1 | order                                   | is after Alice's 200 to the UPDATE          |
      | IM-6.1.3.2.2-200.2 | SDP                                     | answers the offer                           |
      | IM-6.1.3.2.2-200.2 | SDP direction                           | is the same as in Alice's 200 to the UPDATE |
      | IM-6.1.3.2.2-200.3 | next hop                                | is the SIP/IP core                          |
      | IM-6.1.3.2.2-200.3 | seconds after Alice's 200 to the UPDATE | at most 2                                   |

  Scenario: Modification by re-INVITE
    Given the Participating Function serves Alice and stays in the media path
    When Bob invites Alice to a session
    And Bob modifies the session
    Then the Participating Function sends Alice another INVITE where
      | requirement      | field       | expectation                                 |
      | IM-6.1.3.2.2-1.1 | method      | is INVITE                                   |
      | IM-6.1.3.2.2-3   | SDP         | is a valid offer                            |
      | IM-6.1.3.2.2-4   | To tag      | is the same as in Alice's 200 to the INVITE |
      | IM-6.1.3.2.2-4   | Request-URI | is the Contact of the 200 to the INVITE     |
    And the Participating Function answers Bob's 2nd INVITE where
      | requirement        | field  | expectation       |
      | IM-6.1.3.2.2-200.1 | status | is 200            |
      | IM-6.1.3.2.2-200.2 | SDP    | answers the offer |

  Scenario: The client knows no UPDATE
    Given the Participating Function serves Alice and stays in the media path
    And Alice's client allows INVITE, ACK, CANCEL, BYE
    When Bob invites Alice to a session
    And Bob modifies the session by UPDATE
    Then the Participating Function sends Alice no UPDATE [IM-6.1.3.2.2-1.2]
    And the Participating Function sends Alice another INVITE where
      | requirement      | field  | expectation |
      | IM-6.1.3.2.2-1.2 | method | is INVITE   |

  Scenario: The client answers with a new path
    Given the Participating Function serves Alice and stays in the media path
    And Alice's client changes what it sends
      | message       | change                                                         |
      | 200 to UPDATE | set SDP attribute path to {MSRP of Alice's client}/another-1;tcp |
    When Bob invites Alice to a session
    And Bob modifies the session by UPDATE
    And Bob sends "Where are you?" in the session
    Then the Participating Function sends Alice the message over MSRP where
      | requirement        | field        | expectation            |
      | IM-6.1.3.2.2-200.4 | MSRP To-Path | is Alice's latest path |

  Scenario: The far side moves to a new path
    Given the Participating Function serves Alice and stays in the media path
    When Bob invites Alice to a session
    And Bob modifies the session by UPDATE at a new MSRP path
    And Alice sends "Where are you?" in the session
    Then the Participating Function sends Bob the message over MSRP where
      | requirement        | field        | expectation          |
      | IM-6.1.3.2.2-200.4 | MSRP To-Path | is Bob's latest path |
      | IM-6.1.3.2.2-200.4 | content      | is the message       |

  Scenario: The served user has invited
    Given the Participating Function serves Alice and stays in the media path
    When Alice invites Bob to a session
    And Bob modifies the session by UPDATE
    Then the Participating Function sends Alice an UPDATE where
      | requirement      | field  | expectation                      |
      | IM-6.1.3.2.2-1.1 | method | is UPDATE                        |
      | IM-6.1.3.2.2-3   | SDP    | is a valid offer                 |
      | IM-6.1.3.2.2-4   | Call-ID | is the same as in Alice's INVITE |
    And the Participating Function answers Bob's UPDATE where
      | requirement        | field  | expectation       |
      | IM-6.1.3.2.2-200.1 | status | is 200            |
      | IM-6.1.3.2.2-200.2 | SDP    | answers the offer |

  Scenario Outline: Modification in the signalling path
    Given the Participating Function serves Alice and only forwards signalling
    When Bob invites Alice to a session
    And Bob <modifies>
    Then the Participating Function sends Alice <which> <method> where
      | requirement          | field       | expectation                          |
      | IM-6.1.3.2.2-proxy.1 | method      | is <method>                          |
      | IM-6.1.3.2.2-proxy.1 | Call-ID     | is the same as in Bob's <method>     |
      | IM-6.1.3.2.2-proxy.1 | From tag    | is the same as in Bob's <method>     |
      | IM-6.1.3.2.2-proxy.1 | To tag      | is the same as in Bob's <method>     |
      | IM-6.1.3.2.2-proxy.1 | CSeq        | is the same as in Bob's <method>     |
      | IM-6.1.3.2.2-proxy.1 | Contact     | is the same as in Bob's <method>     |
      | IM-6.1.3.2.2-proxy.1 | body        | is the same as in Bob's <method>     |
      | IM-6.1.3.2.2-proxy.1 | Via branch  | is not the same as in Bob's <method> |
    And the Participating Function answers Bob's <request> where
      | requirement       | field   | expectation                                   |
      | IM-6.1.3.2.2-200p | status  | is 200                                        |
      | IM-6.1.3.2.2-200p | Contact | is the same as in Alice's 200 to the <method> |
      | IM-6.1.3.2.2-200p | body    | is the same as in Alice's 200 to the <method> |

    Examples:
      | method | modifies                       | which   | request    |
      | UPDATE | modifies the session by UPDATE | an      | UPDATE     |
      | INVITE | modifies the session           | another | 2nd INVITE |

  @ims
  Scenario: 3GPP IMS
    Given the SIP/IP core is a 3GPP IMS
    And the Participating Function serves Alice and stays in the media path
    And the SIP/IP core changes what it sends
      | message    | change                                           |
      | 1st UPDATE | add header P-Charging-Vector to icid-value=1-2-3 |
    When Bob invites Alice to a session
    And Bob modifies the session by UPDATE
    Then the Participating Function sends Alice an UPDATE where
      | requirement      | field             | expectation                    |
      | IM-6.1.3.2.2-ims | P-Charging-Vector | is the same as in Bob's UPDATE |
      | IM-6.1.3.2.2-ims | Route             | is present                     |

  @invalid
  Scenario: The client cannot take the offer
    Given the Participating Function serves Alice and stays in the media path
    And Bob's client changes what it sends
      | message | change                                                 |
      | UPDATE  | set SDP attribute accept-types to application/x-unseen |
    When Bob invites Alice to a session
    And Bob modifies the session by UPDATE
    And Bob sends "Are you there?" in the session
    Then the Participating Function answers Bob's UPDATE where
      | requirement    | field  | expectation |
      | IM-6.1.3.2.2-2 | status | is 488      |
    And the Participating Function sends Alice no UPDATE [IM-6.1.3.2.2-2]
    And the Participating Function sends Alice the message over MSRP where
      | requirement    | field   | expectation    |
      | IM-6.1.3.2.2-2 | content | is the message |

  @invalid
  Scenario Outline: The client refuses
    Given the Participating Function serves Alice and <mode>
    And Alice's client changes what it sends
      | message       | change                    |
      | 200 to UPDATE | set status 403 Forbidden  |
    When Bob invites Alice to a session
    And Bob modifies the session by UPDATE
    Then the Participating Function answers Bob's UPDATE where
      | requirement        | field  | expectation                        |
      | IM-6.1.3.2.2-final | status | is 403                             |
      | IM-6.1.3.2.2-final | order  | is after Alice's 403 to the UPDATE |
    And the Participating Function sends Bob no BYE [IM-6.1.3.2.2-final]

    Examples:
      | mode                     |
      | stays in the media path  |
      | only forwards signalling |

  @inopportune
  Scenario: Modifications cross
    Given the Participating Function serves Alice and stays in the media path
    When Bob invites Alice to a session
    And Alice and Bob modify the session at once
    Then the Participating Function answers Alice's INVITE where
      | requirement    | field  | expectation        |
      | RFC3261-14.2-3 | status | is one of 491, 200 |
