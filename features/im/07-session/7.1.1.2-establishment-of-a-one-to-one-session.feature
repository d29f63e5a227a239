@im-client @originating @sessions
Feature: 7.1.1.2 Establishment of an One-to-One IM session

  The client invites one other user to a session of messages in both directions.

  Background:
    Given Alice's IM client is under test
    And Bob is a registered IM user

  Scenario: Invitation
    When Alice invites Bob to a session
    Then Alice's client sends an INVITE where
      | requirement    | field                               | expectation                      |
      | IM-7.1.1.2-1   | method                              | is INVITE                        |
      | IM-7.1.1.2-1   | mandatory headers                   | are complete                     |
      | IM-7.1.1.2-1   | message                             | is well-formed                   |
      | IM-7.1.1.2-1   | To tag                              | is absent                        |
      | IM-7.1.1.2-1   | Accept-Contact                      | has feature tag +g.oma.sip-im    |
      | IM-7.1.1.2-1   | User-Agent                          | states the IM client release     |
      | IM-7.1.1.2-1   | Contact                             | has feature tag +g.oma.sip-im    |
      | IM-7.1.1.2-1   | Supported                           | has option tag timer             |
      | IM-7.1.1.2-2   | Request-URI                         | is Bob's address                 |
      | IM-7.1.1.2-2   | part application/resource-lists+xml | is absent                        |
      | IM-7.1.1.2-3.1 | SDP                                 | is well-formed                   |
      | IM-7.1.1.2-3.1 | SDP                                 | is a valid offer                 |
      | IM-7.1.1.2-3.2 | SDP media                           | is message                       |
      | IM-7.1.1.2-3.2 | SDP protocol                        | is one of TCP/MSRP, TCP/TLS/MSRP |
      | IM-7.1.1.2-3.2 | SDP format                          | is *                             |
      | IM-7.1.1.2-3.2 | SDP path                            | is present                       |
      | IM-7.1.1.2-3.2 | SDP attribute accept-types          | is present                       |
      | IM-7.1.1.2-4   | next hop                            | is the SIP/IP core               |
    And Alice's client sends an ACK where
      | requirement      | field       | expectation                             |
      | IM-7.1.1.2-200.1 | Request-URI | is the Contact of the 200 to the INVITE |
    And Alice's client opens the MSRP connection where
      | requirement      | field                               | expectation                    |
      | IM-7.1.1.2-200.2 | order                               | is after the 200 to the INVITE |
      | IM-7.1.1.2-200.2 | seconds after the 200 to the INVITE | at most 10                     |

  Scenario: Released by its inviter
    When Alice invites Bob to a session
    And Alice releases the session
    Then Alice's client sends a BYE where
      | requirement      | field       | expectation                             |
      | IM-7.1.1.2-200.1 | Request-URI | is the Contact of the 200 to the INVITE |

  @ims
  Scenario: 3GPP IMS
    Given the SIP/IP core is a 3GPP IMS
    When Alice invites Bob to a session
    Then Alice's client sends an INVITE where
      | requirement    | field                 | expectation          |
      | IM-7.1.1.2-ims | P-Access-Network-Info | is present           |
      | IM-7.1.1.2-ims | Route URI             | is the Service-Route |

  @invalid
  Scenario Outline: The invitation is refused
    Given Bob's client answers the invitation with <status>
    When Alice invites Bob to a session
    Then Alice's client sends an ACK where
      | requirement        | field  | expectation |
      | RFC3261-17.1.1.3-1 | method | is ACK      |
    And Alice's client sends no BYE [RFC3261-17.1.1.3-1]
    And Alice's client sends no chunk [IM-7.1.1.2-200.2]

    Examples:
      | status |
      | 403    |
      | 404    |
      | 480    |
      | 486    |
      | 488    |
      | 603    |

  @invalid
  Scenario: The user declines
    Given Bob declines the invitation at once
    When Alice invites Bob to a session
    Then Alice's client sends an ACK where
      | requirement        | field  | expectation |
      | RFC3261-17.1.1.3-1 | method | is ACK      |
    And Alice's client sends no BYE [RFC3261-17.1.1.3-1]

  @invalid
  Scenario Outline: The answer cannot be used
    Given Bob's client changes what it sends
      | message       | change   |
      | 200 to INVITE | <change> |
    When Alice invites Bob to a session
    And Alice sends "Are you there?" in the session
    Then Alice's client sends no chunk [RFC3264-6-1]
    And Alice's client sends a BYE where
      | requirement        | field  | expectation |
      | RFC3261-13.2.2.4-1 | method | is BYE      |

    Examples:
      | flaw           | change                   |
      | port 0         | set SDP port 0           |
      | no body        | drop body                |
      | no path        | drop SDP attribute path  |
      | other protocol | set SDP protocol RTP/AVP |

  @inopportune
  Scenario: The user gives the invitation up
    Given Alice cancels the invitation once it rings
    When Alice invites Bob to a session
    Then Alice's client sends a CANCEL where
      | requirement   | field       | expectation                    |
      | RFC3261-9.1-1 | Request-URI | is Bob's address               |
      | RFC3261-9.1-1 | order       | is after the 180 to the INVITE |
    And Alice's client sends an ACK where
      | requirement        | field  | expectation |
      | RFC3261-17.1.1.3-1 | method | is ACK      |

  @inopportune
  Scenario: The acceptance crosses the CANCEL
    Given Bob takes the invitation at once
    And Alice cancels the invitation once it rings
    When Alice invites Bob to a session
    Then Alice's client sends a BYE where
      | requirement        | field  | expectation |
      | RFC3261-13.2.2.4-1 | method | is BYE      |

  @inopportune
  Scenario: Nobody answers
    Given the SIP/IP core changes what it sends
      | message            | change  |
      | response to INVITE | swallow |
    When Alice invites Bob to a session
    Then Alice is told "failed" [RFC3261-8.1.3.1-1]
    And Alice's client sends no CANCEL [RFC3261-9.1-1]
    And Alice's client sends no chunk [IM-7.1.1.2-200.2]
