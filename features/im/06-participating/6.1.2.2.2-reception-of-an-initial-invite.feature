@participating-function @originating
Feature: 6.1.2.2.2 Reception of an initial SIP INVITE IM Session request

  The Participating Function stands between the client of its user and everybody else. In the media path it is a B2BUA:
  each side has its own dialog and its own MSRP session with it. Otherwise it is a proxy that changes nothing.

  Background:
    Given the Participating Function is under test
    And Alice and Bob are registered IM users

  Scenario: Invitation in the media path
    Given the Participating Function serves Alice and stays in the media path
    And Alice's client changes what it sends
      | message | change                   |
      | INVITE  | add header Privacy to id |
    When Alice invites Bob to a session
    Then the Participating Function sends Bob an INVITE where
      | requirement       | field                      | expectation                            |
      | IM-6.1.2.22-1a.1  | Call-ID                    | is not the same as in Alice's INVITE   |
      | IM-6.1.2.22-1a.1  | From tag                   | is not the same as in Alice's INVITE   |
      | IM-6.1.2.22-1a.1  | Record-Route               | is absent                              |
      | IM-6.1.2.22-1a.1  | mandatory headers          | are complete                           |
      | IM-6.1.2.22-1a.1  | message                    | is well-formed                         |
      | IM-6.1.2.22-1b    | Accept-Contact             | is the same as in Alice's INVITE       |
      | IM-6.1.2.22-1b    | Privacy                    | is the same as in Alice's INVITE       |
      | IM-6.1.2.22-1b    | Session-Expires            | is present                             |
      | IM-6.1.2.22-1b    | User-Agent                 | is present                             |
      | IM-6.1.2.22-1c.1  | Contact URI                | is at the Participating Function       |
      | IM-6.1.2.22-1c.2  | Contact                    | has feature tag +g.oma.sip-im          |
      | IM-6.1.2.22-1d    | Request-URI                | is the same as in Alice's INVITE       |
      | IM-6.1.2.22-1e.1  | SDP                        | is well-formed                         |
      | IM-6.1.2.22-1e.1  | SDP                        | is a valid offer                       |
      | IM-6.1.2.22-1e.2  | SDP media                  | is message                             |
      | IM-6.1.2.22-1e.2  | SDP protocol               | is one of TCP/MSRP, TCP/TLS/MSRP       |
      | IM-6.1.2.22-1e.2  | SDP format                 | is *                                   |
      | IM-6.1.2.22-1e.2  | SDP path                   | is at the Participating Function       |
      | IM-6.1.2.22-1e.2  | SDP attribute accept-types | is the same as in Alice's INVITE       |
      | IM-6.1.2.22-1ei.1 | SDP attribute filesize     | is absent                              |
      | IM-6.1.2.22-1f    | next hop                   | is the SIP/IP core                     |
    And the Participating Function sends Bob an ACK where
      | requirement       | field       | expectation                             |
      | IM-6.1.2.22-200b.2 | Request-URI | is the Contact of the 200 to the INVITE |
    And the Participating Function answers Alice's INVITE where
      | requirement          | field                                 | expectation                                   |
      | IM-6.1.2.22-200b.4   | status                                | is 200                                        |
      | IM-6.1.2.22-200b.4   | order                                 | is after Bob's 200 to the INVITE              |
      | IM-6.1.2.22-200b.4   | To tag                                | is not the same as in Bob's 200 to the INVITE |
      | IM-6.1.2.22-200b.4   | Contact URI                           | is at the Participating Function              |
      | IM-6.1.2.22-200b.5.1 | SDP                                   | answers the offer                             |
      | IM-6.1.2.22-200b.5.2 | SDP path                              | is at the Participating Function              |
      | IM-6.1.2.22-200b.6   | next hop                              | is the SIP/IP core                            |
      | IM-6.1.2.22-200b.6   | seconds after Bob's 200 to the INVITE | at most 2                                     |

  Scenario: A message of a known size
    Given the Participating Function serves Alice and stays in the media path
    When Alice sends Bob a message of 20000 bytes
    Then the Participating Function sends Bob an INVITE where
      | requirement       | field                  | expectation                      |
      | IM-6.1.2.22-1ei.1 | SDP attribute filesize | is present                       |
      | IM-6.1.2.22-1ei.2 | SDP attribute filesize | is the same as in Alice's INVITE |
      | IM-6.1.2.22-1ei.2 | SDP attribute filesize | is the size of the message       |
      | IM-6.1.2.22-1e.1  | SDP direction          | is the same as in Alice's INVITE |
    And the Participating Function receives the message from Alice over MSRP where
      | requirement     | field           | expectation             |
      | RFC4975-7.2-3   | responses       | acknowledge with 200    |
      | RFC4975-7.1.2-1 | success reports | cover the whole message |
    And the Participating Function sends Bob the message over MSRP where
      | requirement   | field             | expectation                      |
      | RFC4975-7.1-2 | chunks            | carry the whole message          |
      | RFC4975-7.1-2 | content           | is the message                   |
      | RFC4975-7.1-1 | MSRP To-Path      | is Bob's path                    |
      | RFC4975-7.1-1 | MSRP From-Path    | is at the Participating Function |
      | RFC4975-7.1-1 | MSRP Content-Type | is text/plain                    |

  Scenario: A message to several recipients
    Given Carol is a registered IM user
    And the Participating Function serves Alice and stays in the media path
    When Alice sends Bob and Carol a message of 20000 bytes
    Then the Participating Function sends an INVITE where
      | requirement      | field                            | expectation                      |
      | IM-6.1.2.22-1d   | Request-URI                      | is the same as in Alice's INVITE |
      | IM-6.1.2.22-1d   | Request-URI parameter sessiontype | is the same as in Alice's INVITE |
      | IM-6.1.2.22-1b   | resource list                    | is the same as in Alice's INVITE |
      | IM-6.1.2.22-1e.1 | body                             | is well-formed                   |
      | IM-6.1.2.22-1e.1 | SDP                              | is a valid offer                 |
      | IM-6.1.2.22-1e.2 | SDP path                         | is at the Participating Function |

  Scenario: Messages both ways
    Given the Participating Function serves Alice and stays in the media path
    When Alice invites Bob to a session
    And Alice sends "Are you there?" in the session
    And Bob sends "I am." in the session
    Then the Participating Function sends Bob the message over MSRP where
      | requirement   | field        | expectation             |
      | RFC4975-7.1-2 | chunks       | carry the whole message |
      | RFC4975-7.1-2 | content      | is the message          |
      | RFC4975-7.1-1 | MSRP To-Path | is Bob's path           |
    And the Participating Function sends Alice the message over MSRP where
      | requirement   | field        | expectation             |
      | RFC4975-7.1-2 | chunks       | carry the whole message |
      | RFC4975-7.1-1 | MSRP To-Path | is Alice's path         |

  Scenario: Release by the inviter
    Given the Participating Function serves Alice and stays in the media path
    When Alice invites Bob to a session
    And Alice releases the session
    Then the Participating Function sends Bob a BYE where
      | requirement        | field       | expectation                               |
      | IM-6.1.2.22-1a.2   | method      | is BYE                                    |
      | IM-6.1.2.22-1a.2   | Call-ID     | is not the same as in Alice's BYE         |
      | IM-6.1.2.22-1a.2   | Call-ID     | is the same as in Bob's 200 to the INVITE |
      | IM-6.1.2.22-1a.2   | From tag    | is the same as in Bob's 200 to the INVITE |
      | IM-6.1.2.22-1a.2   | To tag      | is the same as in Bob's 200 to the INVITE |
      | IM-6.1.2.22-200b.2 | Request-URI | is the Contact of the 200 to the INVITE   |
    And the Participating Function answers Alice's BYE where
      | requirement      | field  | expectation |
      | RFC3261-15.1.2-1 | status | is 200      |

  Scenario: Release by the invited
    Given the Participating Function serves Alice and stays in the media path
    When Alice invites Bob to a session
    And Bob releases the session
    Then the Participating Function sends Alice a BYE where
      | requirement      | field       | expectation                        |
      | IM-6.1.2.22-1a.2 | method      | is BYE                             |
      | IM-6.1.2.22-1a.2 | Call-ID     | is the same as in Alice's INVITE   |
      | IM-6.1.2.22-1a.2 | To tag      | is present                         |

  Scenario: The invited knows no UPDATE
    Given the Participating Function serves Alice and stays in the media path
    And Bob's client allows INVITE, ACK, CANCEL, BYE
    When Alice invites Bob to a session
    And Alice modifies the session by UPDATE
    Then the Participating Function sends Bob no UPDATE [IM-6.1.2.22-200b.1]
    And the Participating Function sends Bob another INVITE where
      | requirement        | field  | expectation |
      | IM-6.1.2.22-200b.1 | method | is INVITE   |

  Scenario: The user has sessions recorded
    Given the Participating Function serves Alice and stays in the media path
    And the SIP/IP core is a 3GPP IMS
    And Alice's settings have history=yes
    When Alice invites Bob to a session
    Then the Participating Function sends another INVITE where
      | requirement            | field       | expectation                     |
      | IM-6.1.2.22-200b.3.1   | method      | is INVITE                       |
      | IM-6.1.2.22-200b.3.2   | Request-URI | is the history store            |
      | IM-6.1.2.22-200b.3.2   | From URI    | is Alice's address              |
      | IM-6.1.2.22-200b.3.3   | order       | is before the 200 to the INVITE |
    And the Participating Function answers Alice's INVITE where
      | requirement        | field  | expectation |
      | IM-6.1.2.22-200b.4 | status | is 200      |

  Scenario: The user has no sessions recorded
    Given the Participating Function serves Alice and stays in the media path
    And the SIP/IP core is a 3GPP IMS
    When Alice invites Bob to a session
    Then the Participating Function sends 1 INVITE in all [IM-6.1.2.22-200b.3.1]

  Scenario: Nobody's identity is asserted
    Given the Participating Function serves Alice and stays in the media path
    And Alice's settings have history=yes
    When Alice invites Bob to a session
    Then the Participating Function sends 1 INVITE in all [IM-6.1.2.22-200b.3.1]

  Scenario: Invitation in the signalling path
    Given the Participating Function serves Alice and only forwards signalling
    When Alice invites Bob to a session
    Then the Participating Function sends Bob an INVITE where
      | requirement      | field             | expectation                            |
      | IM-6.1.2.22-2a   | Call-ID           | is the same as in Alice's INVITE       |
      | IM-6.1.2.22-2a   | From              | is the same as in Alice's INVITE       |
      | IM-6.1.2.22-2a   | To                | is the same as in Alice's INVITE       |
      | IM-6.1.2.22-2a   | CSeq              | is the same as in Alice's INVITE       |
      | IM-6.1.2.22-2a   | Contact           | is the same as in Alice's INVITE       |
      | IM-6.1.2.22-2a   | Request-URI       | is the same as in Alice's INVITE       |
      | IM-6.1.2.22-2a   | body              | is the same as in Alice's INVITE       |
      | IM-6.1.2.22-2a   | Via branch        | is not the same as in Alice's INVITE   |
      | IM-6.1.2.22-2a   | Max-Forwards      | is not the same as in Alice's INVITE   |
      | IM-6.1.2.22-2b   | Record-Route URI  | is at the Participating Function       |
      | IM-6.1.2.22-2b   | Record-Route URI  | has parameter lr                       |
      | IM-6.1.2.22-2c   | method            | is INVITE                              |
      | IM-6.1.2.22-2c   | next hop          | is the SIP/IP core                     |
    And the Participating Function answers Alice's INVITE where
      | requirement        | field   | expectation                               |
      | IM-6.1.2.22-200p.1 | status  | is 200                                    |
      | IM-6.1.2.22-200p.1 | Contact | is the same as in Bob's 200 to the INVITE |
      | IM-6.1.2.22-200p.1 | To      | is the same as in Bob's 200 to the INVITE |
      | IM-6.1.2.22-200p.1 | body    | is the same as in Bob's 200 to the INVITE |

  Scenario: Release in the signalling path
    Given the Participating Function serves Alice and only forwards signalling
    When Alice invites Bob to a session
    And Alice releases the session
    Then the Participating Function sends Bob a BYE where
      | requirement        | field       | expectation                       |
      | IM-6.1.2.22-200p.2 | method      | is BYE                            |
      | IM-6.1.2.22-200p.2 | Call-ID     | is the same as in Alice's BYE     |
      | IM-6.1.2.22-200p.2 | From tag    | is the same as in Alice's BYE     |
      | IM-6.1.2.22-200p.2 | To tag      | is the same as in Alice's BYE     |
      | IM-6.1.2.22-200p.2 | CSeq        | is the same as in Alice's BYE     |
      | IM-6.1.2.22-200p.2 | Request-URI | is the same as in Alice's BYE     |
      | IM-6.1.2.22-200p.2 | Via branch  | is not the same as in Alice's BYE |

  @ims
  Scenario: 3GPP IMS
    Given the SIP/IP core is a 3GPP IMS
    And the Participating Function serves Alice and stays in the media path
    When Alice invites Bob to a session
    Then the Participating Function sends Bob an INVITE where
      | requirement     | field               | expectation                      |
      | IM-6.1.2.22-ims | P-Asserted-Identity | is Alice's address               |
      | IM-6.1.2.22-ims | P-Asserted-Identity | is the same as in Alice's INVITE |
      | IM-6.1.2.22-ims | P-Charging-Vector   | is the same as in Alice's INVITE |
      | IM-6.1.2.22-ims | Route               | is present                       |

  @invalid
  Scenario Outline: The invitation is refused
    Given the Participating Function serves Alice and <mode>
    And Bob's client answers the invitation with <status>
    When Alice invites Bob to a session
    Then the Participating Function answers Alice's INVITE where
      | requirement       | field  | expectation |
      | IM-6.1.2.22-final | status | is <status> |
    And the Participating Function sends Bob an ACK where
      | requirement        | field  | expectation |
      | RFC3261-17.1.1.3-1 | method | is ACK      |

    Examples:
      | refusal           | mode                     | status |
      | 302               | stays in the media path  | 302    |
      | 403               | stays in the media path  | 403    |
      | 480               | stays in the media path  | 480    |
      | 486               | stays in the media path  | 486    |
      | 488               | stays in the media path  | 488    |
      | 603               | stays in the media path  | 603    |
      | 486 through proxy | only forwards signalling | 486    |
      | 603 through proxy | only forwards signalling | 603    |

  @invalid
  Scenario Outline: The offer cannot be passed on
    Given the Participating Function serves Alice and stays in the media path
    And Alice's client changes what it sends
      | message | change   |
      | INVITE  | <change> |
    When Alice invites Bob to a session
    Then the Participating Function answers Alice's INVITE where
      | requirement    | field  | expectation |
      | RFC4975-8-1    | status | is 488      |
    And the Participating Function sends Bob no INVITE [RFC4975-8-1]

    Examples:
      | flaw           | change                   |
      | other protocol | set SDP protocol RTP/AVP |
      | no path        | drop SDP attribute path  |

  @invalid
  Scenario Outline: No hops are left
    Given the Participating Function serves Alice and <mode>
    And the SIP/IP core changes what it sends
      | message    | change                       |
      | 1st INVITE | set header Max-Forwards to 0 |
    When Alice invites Bob to a session
    Then the Participating Function answers Alice's INVITE where
      | requirement    | field  | expectation |
      | RFC3261-16.3-1 | status | is 483      |
    And the Participating Function sends Bob no INVITE [RFC3261-16.3-1]

    Examples:
      | mode                     |
      | stays in the media path  |
      | only forwards signalling |

  @invalid
  Scenario Outline: A header is missing
    Given the Participating Function serves Alice and <mode>
    And the SIP/IP core changes what it sends
      | message    | change                 |
      | 1st INVITE | drop header <header>   |
    When Alice invites Bob to a session
    Then the Participating Function answers Alice's INVITE where
      | requirement    | field  | expectation |
      | RFC3261-16.3-2 | status | is 400      |
    And the Participating Function sends Bob no INVITE [RFC3261-16.3-2]

    Examples:
      | mode                     | header  |
      | stays in the media path  | Call-ID |
      | only forwards signalling | From    |

  @inopportune
  Scenario Outline: The inviter gives the invitation up
    Given the Participating Function serves Alice and <mode>
    And Alice cancels the invitation once it rings
    When Alice invites Bob to a session
    Then the Participating Function sends Bob a CANCEL where
      | requirement   | field       | expectation                    |
      | RFC3261-9.1-1 | Request-URI | is Bob's address               |
      | RFC3261-9.1-1 | order       | is after the 180 to the INVITE |
    And the Participating Function answers Alice's INVITE where
      | requirement   | field  | expectation |
      | RFC3261-9.2-1 | status | is 487      |

    Examples:
      | mode                     |
      | stays in the media path  |
      | only forwards signalling |

  @inopportune
  Scenario: The acceptance crosses the CANCEL
    Given the Participating Function serves Alice and stays in the media path
    And Bob takes the invitation at once
    And Alice cancels the invitation once it rings
    And the SIP/IP core changes what it sends
      | message           | change     |
      | 1st 200 to INVITE | delay 1 s  |
    When Alice invites Bob to a session
    Then the Participating Function answers Alice's INVITE where
      | requirement   | field  | expectation |
      | RFC3261-9.2-1 | status | is 487      |
    And the Participating Function sends Bob an ACK where
      | requirement        | field  | expectation |
      | RFC3261-13.2.2.4-1 | method | is ACK      |
    And the Participating Function sends Bob a BYE where
      | requirement        | field  | expectation |
      | RFC3261-13.2.2.4-1 | method | is BYE      |

  @timers
  Scenario Outline: The invited rings for ever
    Given the Participating Function serves Alice and <mode>
    And Bob's client rings for 500 seconds
    When Alice invites Bob to a session
    And 300 seconds pass
    Then the Participating Function sends Bob a CANCEL where
      | requirement    | field                                 | expectation  |
      | RFC3261-16.8-1 | method                                | is CANCEL    |
      | RFC3261-16.8-1 | seconds after Bob's 180 to the INVITE | at least 180 |
    And the Participating Function answers Alice's INVITE where
      | requirement    | field  | expectation        |
      | RFC3261-16.8-1 | status | is one of 408, 487 |

    Examples:
      | mode                     |
      | stays in the media path  |
      | only forwards signalling |

  @timers
  Scenario Outline: The invited is not there
    Given the Participating Function serves Alice and <mode>
    And the SIP/IP core changes what it sends
      | message           | change  |
      | from the 2nd INVITE | swallow |
      | 100 to INVITE | swallow |
    When Alice invites Bob to a session
    Then the Participating Function answers Alice's INVITE where
      | requirement       | field  | expectation |
      | RFC3261-8.1.3.1-1 | status | is 408      |

    Examples:
      | mode                     |
      | stays in the media path  |
      | only forwards signalling |
