@participating-function @mid-session
Feature: 6.1.2.2.4 IM Session modification

  The client of the served user modifies the session: the Participating Function looks at the offer, passes it on to the
  other side, and answers as that side does. Until then the media stay as they were.

  Background:
    Given the Participating Function is under test
    And Alice and Bob are registered IM users

  Scenario: Modification by UPDATE
    Given the Participating Function serves Alice and stays in the media path
    And Alice's client changes what it sends
      | message | change                     |
      | UPDATE  | set SDP direction sendonly |
    When Alice invites Bob to a session
    And Alice modifies the session by UPDATE
    Then the Participating Function sends Bob an UPDATE where
      | requirement      | field                      | expectation                               |
      | IM-6.1.2.2.4-1.2 | method                     | is UPDATE                                 |
      | IM-6.1.2.2.4-2.1 | Call-ID                    | is the same as in Bob's 200 to the INVITE |
      | IM-6.1.2.2.4-2.1 | From tag                   | is the same as in Bob's 200 to the INVITE |
      | IM-6.1.2.2.4-2.1 | To tag                     | is the same as in Bob's 200 to the INVITE |
      | IM-6.1.2.2.4-3   | SDP                        | is well-formed                            |
      | IM-6.1.2.2.4-3   | SDP                        | is a valid offer                          |
      | IM-6.1.2.2.4-3   | SDP direction              | is the same as in Alice's UPDATE          |
      | IM-6.1.2.2.4-3   | SDP attribute accept-types | is the same as in Alice's UPDATE          |
      | IM-6.1.2.2.4-4   | Request-URI                | is the Contact of the 200 to the INVITE   |
      | IM-6.1.2.2.4-4   | next hop                   | is the SIP/IP core                        |
      | IM-6.1.2.2.4-4   | mandatory headers          | are complete                              |
    And the Participating Function answers Alice's UPDATE where
      | requirement        | field                                 | expectation                      |
      | IM-6.1.2.2.4-200.1 | status                                | is 200                           |
      | IM-6.1.2.2.4-200.1 | order                                 | is after Bob's 200 to the UPDATE |
      | IM-6.1.2.2.4-200.1 | SDP                                   | answers the offer                |
      | IM-6.1.2.2.4-200.1 | mandatory headers                     | are complete                     |
      | IM-6.1.2.2.4-200.3 | next hop                              | is the SIP/IP core               |
      | IM-6.1.2.2.4-200.3 | seconds after Bob's 200 to the UPDATE | at most 2                        |

  Scenario: Modification by re-INVITE
    Given the Participating Function serves Alice and stays in the media path
    When Alice invites Bob to a session
    And Alice modifies the session
    Then the Participating Function sends Bob another INVITE where
      | requirement      | field       | expectation                               |
      | IM-6.1.2.2.4-1.2 | method      | is INVITE                                 |
      | IM-6.1.2.2.4-2.1 | Call-ID     | is the same as in Bob's 200 to the INVITE |
      | IM-6.1.2.2.4-2.1 | To tag      | is the same as in Bob's 200 to the INVITE |
      | IM-6.1.2.2.4-3   | SDP         | is a valid offer                          |
      | IM-6.1.2.2.4-4   | Request-URI | is the Contact of the 200 to the INVITE   |
    And the Participating Function answers Alice's 2nd INVITE where
      | requirement        | field  | expectation       |
      | IM-6.1.2.2.4-200.1 | status | is 200            |
      | IM-6.1.2.2.4-200.1 | SDP    | answers the offer |

  Scenario: The other side knows no UPDATE
    Given the Participating Function serves Alice and stays in the media path
    And Bob's client allows INVITE, ACK, CANCEL, BYE
    When Alice invites Bob to a session
    And Alice modifies the session by UPDATE
    Then the Participating Function sends Bob no UPDATE [IM-6.1.2.2.4-2.2]
    And the Participating Function sends Bob another INVITE where
      | requirement      | field  | expectation                      |
      | IM-6.1.2.2.4-2.2 | method | is INVITE                        |
      | IM-6.1.2.2.4-3   | SDP    | is a valid offer                 |
    And the Participating Function answers Alice's UPDATE where
      | requirement        | field  | expectation       |
      | IM-6.1.2.2.4-200.1 | status | is 200            |
      | IM-6.1.2.2.4-200.1 | SDP    | answers the offer |

  Scenario: The client moves to a new path
    Given the Participating Function serves Alice and stays in the media path
    When Alice invites Bob to a session
    And Alice modifies the session by UPDATE at a new MSRP path
    And Bob sends "Where are you?" in the session
    Then the Participating Function sends Bob an UPDATE where
      | requirement      | field    | expectation                      |
      | IM-6.1.2.2.4-3   | SDP path | is at the Participating Function |
    And the Participating Function sends Alice the message over MSRP where
      | requirement        | field        | expectation             |
      | IM-6.1.2.2.4-200.2 | MSRP To-Path | is Alice's latest path  |
      | IM-6.1.2.2.4-200.2 | chunks       | carry the whole message |

  Scenario: A session of one large message is modified
    Given the Participating Function serves Alice and stays in the media path
    And Alice modifies the session once 3 chunks have gone
    When Alice sends Bob a message of 60000 bytes
    Then the Participating Function sends Bob another INVITE where
      | requirement     | field                  | expectation                      |
      | IM-6.1.2.2.4-ed | SDP attribute filesize | is the size of the message       |
      | IM-6.1.2.2.4-ed | SDP direction          | is the same as in Alice's INVITE |
    And the Participating Function sends Bob the message over MSRP where
      | requirement        | field   | expectation    |
      | IM-6.1.2.2.4-200.2 | content | is the message |

  Scenario: The session is extended to a conference
    Given Carol is a registered IM user
    And the Participating Function serves Alice and stays in the media path
    When Alice invites Bob to a session
    And Alice extends the session to Carol
    Then the Participating Function sends another INVITE where
      | requirement | field                         | expectation                    |
      | RFC3891-4-1 | resource list Replaces of Bob | names Bob's session with Alice |
      | RFC3891-4-1 | resource list                 | includes Bob's address         |
    And the Participating Function sends Alice a BYE where
      | requirement      | field  | expectation |
      | IM-6.1.2.22-1a.2 | method | is BYE      |

  Scenario Outline: Modification in the signalling path
    Given the Participating Function serves Alice and only forwards signalling
    When Alice invites Bob to a session
    And Alice <modifies>
    Then the Participating Function sends Bob <which> <method> where
      | requirement        | field        | expectation                            |
      | IM-6.1.2.2.4-proxy | method       | is <method>                            |
      | IM-6.1.2.2.4-proxy | Call-ID      | is the same as in Alice's <method>     |
      | IM-6.1.2.2.4-proxy | From tag     | is the same as in Alice's <method>     |
      | IM-6.1.2.2.4-proxy | To tag       | is the same as in Alice's <method>     |
      | IM-6.1.2.2.4-proxy | CSeq         | is the same as in Alice's <method>     |
      | IM-6.1.2.2.4-proxy | Request-URI  | is the same as in Alice's <method>     |
      | IM-6.1.2.2.4-proxy | Contact      | is the same as in Alice's <method>     |
      | IM-6.1.2.2.4-proxy | body         | is the same as in Alice's <method>     |
      | IM-6.1.2.2.4-proxy | Via branch   | is not the same as in Alice's <method> |

    Examples:
      | method | modifies                       | which   |
      | UPDATE | modifies the session by UPDATE | an      |
      | INVITE | modifies the session           | another |

  @ims
  Scenario: 3GPP IMS
    Given the SIP/IP core is a 3GPP IMS
    And the Participating Function serves Alice and stays in the media path
    And the SIP/IP core changes what it sends
      | message    | change                                           |
      | 1st UPDATE | add header P-Charging-Vector to icid-value=1-2-3 |
    When Alice invites Bob to a session
    And Alice modifies the session by UPDATE
    Then the Participating Function sends Bob an UPDATE where
      | requirement      | field             | expectation                      |
      | IM-6.1.2.2.4-ims | P-Charging-Vector | is the same as in Alice's UPDATE |
      | IM-6.1.2.2.4-ims | Route             | is present                       |

  @invalid
  Scenario Outline: The offer is not acceptable
    Given the Participating Function serves Alice and stays in the media path
    And Alice's client changes what it sends
      | message    | change   |
      | 2nd INVITE | <change> |
    When Alice invites Bob to a session
    And Alice modifies the session
    And Alice sends "Are you there?" in the session
    Then the Participating Function answers Alice's 2nd INVITE where
      | requirement      | field  | expectation |
      | IM-6.1.2.2.4-1.1 | status | is 488      |
    And the Participating Function sends Bob 1 INVITE in all [IM-6.1.2.2.4-1.1]
    And the Participating Function sends Bob the message over MSRP where
      | requirement      | field        | expectation    |
      | IM-6.1.2.2.4-1.1 | MSRP To-Path | is Bob's path  |
      | IM-6.1.2.2.4-1.1 | content      | is the message |

    Examples:
      | flaw           | change                   |
      | other protocol | set SDP protocol RTP/AVP |
      | no path        | drop SDP attribute path  |

  @invalid
  Scenario Outline: The other side refuses
    Given the Participating Function serves Alice and <mode>
    And Alice's client changes what it sends
      | message    | change                                                 |
      | 2nd INVITE | set SDP attribute accept-types to application/x-unseen |
    When Alice invites Bob to a session
    And Alice modifies the session
    And Bob sends "I am still here." in the session
    Then the Participating Function answers Alice's 2nd INVITE where
      | requirement        | field  | expectation                      |
      | IM-6.1.2.2.4-final | status | is 488                           |
      | IM-6.1.2.2.4-final | order  | is after Bob's 488 to the INVITE |
    And the Participating Function sends Alice no BYE [IM-6.1.2.2.4-final]
    And the Participating Function sends Bob no BYE [IM-6.1.2.2.4-final]

    Examples:
      | mode                     |
      | stays in the media path  |
      | only forwards signalling |

  @invalid
  Scenario: The media of a session whose modification was refused
    Given the Participating Function serves Alice and stays in the media path
    And Alice's client changes what it sends
      | message    | change                                                 |
      | 2nd INVITE | set SDP attribute accept-types to application/x-unseen |
    When Alice invites Bob to a session
    And Alice modifies the session
    And Bob sends "I am still here." in the session
    Then the Participating Function sends Alice the message over MSRP where
      | requirement        | field        | expectation     |
      | IM-6.1.2.2.4-final | MSRP To-Path | is Alice's path |
      | IM-6.1.2.2.4-final | content      | is the message  |

  @inopportune
  Scenario: Modifications cross
    Given the Participating Function serves Alice and stays in the media path
    When Alice invites Bob to a session
    And Alice and Bob modify the session at once
    Then the Participating Function answers Bob's INVITE where
      | requirement    | field  | expectation |
      | RFC3261-14.2-3 | status | is 491      |
    And the Participating Function answers Alice's 2nd INVITE where
      | requirement        | field  | expectation |
      | IM-6.1.2.2.4-final | status | is 491      |

  @inopportune
  Scenario: Without an offer
    Given the Participating Function serves Alice and stays in the media path
    When Alice invites Bob to a session
    And Alice modifies the session without an offer
    And Alice sends "Are you there?" in the session
    Then the Participating Function answers Alice's 2nd INVITE where
      | requirement    | field  | expectation      |
      | RFC3261-14.2-2 | status | is 200           |
      | RFC3261-14.2-2 | SDP    | is a valid offer |
    And the Participating Function sends Bob another INVITE where
      | requirement    | field  | expectation |
      | RFC3261-14.2-2 | method | is INVITE   |
    And the Participating Function sends Bob the message over MSRP where
      | requirement   | field   | expectation    |
      | RFC4975-7.1-2 | content | is the message |
