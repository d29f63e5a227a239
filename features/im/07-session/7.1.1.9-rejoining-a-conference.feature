@im-client @originating @conferences
Feature: 7.1.1.9 IM Client rejoins an IM Conference Session

  The client gets back into a conference that goes on, by the IM Session Identity that it kept.

  Background:
    Given Alice's IM client is under test
    And Bob and Carol are registered IM users
    And Friends is a pre-defined group of Alice, Bob and Carol

  Scenario: Back in
    When Alice joins the group Friends
    And Alice releases the session
    And Alice rejoins the conference
    Then Alice's client sends another INVITE where
      | requirement    | field                               | expectation                             |
      | IM-7.1.1.9-1   | mandatory headers                   | are complete                            |
      | IM-7.1.1.9-1   | message                             | is well-formed                          |
      | IM-7.1.1.9-1   | To tag                              | is absent                               |
      | IM-7.1.1.9-1   | Accept-Contact                      | has feature tag +g.oma.sip-im           |
      | IM-7.1.1.9-1   | User-Agent                          | states the IM client release            |
      | IM-7.1.1.9-1   | Contact                             | has feature tag +g.oma.sip-im           |
      | IM-7.1.1.9-1   | Supported                           | has option tag timer                    |
      | IM-7.1.1.9-2   | Request-URI                         | is the Contact of the 200 to the INVITE |
      | IM-7.1.1.9-2   | part application/resource-lists+xml | is absent                               |
      | IM-7.1.1.9-3.1 | SDP                                 | is well-formed                          |
      | IM-7.1.1.9-3.1 | SDP                                 | is a valid offer                        |
      | IM-7.1.1.9-3.2 | SDP media                           | is message                              |
      | IM-7.1.1.9-3.2 | SDP protocol                        | is one of TCP/MSRP, TCP/TLS/MSRP        |
      | IM-7.1.1.9-3.2 | SDP format                          | is *                                    |
      | IM-7.1.1.9-3.2 | SDP path                            | is not Alice's path                     |
      | IM-7.1.1.9-3.2 | SDP attribute accept-types          | is present                              |
      | IM-7.1.1.9-4   | next hop                            | is the SIP/IP core                      |

  Scenario: The conference has another identity by now
    Given the conference server changes what it sends
      | message           | change                                                    |
      | 2nd 200 to INVITE | set header Contact to <sip:moved@{SIP of the conference server}>;isfocus |
    When Alice joins the group Friends
    And Alice releases the session
    And Alice rejoins the conference
    And Alice releases the session
    Then Alice's client sends another BYE where
      | requirement      | field       | expectation                                 |
      | IM-7.1.1.9-200.2 | Request-URI | is the Contact of the 200 to the 2nd INVITE |

  Scenario: The focus takes no UPDATE
    Given the conference server changes what it sends
      | message                    | change                                         |
      | from the 2nd 200 to INVITE | set header Allow to INVITE, ACK, CANCEL, BYE   |
      | from the 2nd 200 to INVITE | set header Session-Expires to 90;refresher=uac |
    When Alice joins the group Friends
    And Alice releases the session
    And Alice rejoins the conference
    And 100 seconds pass
    Then Alice's client refreshes the session where
      | requirement      | field  | expectation |
      | IM-7.1.1.9-200.1 | method | is INVITE   |
    And Alice's client sends no UPDATE [IM-7.1.1.9-200.1]

  Scenario: Who takes part
    When Alice joins the group Friends
    And Alice releases the session
    And Alice rejoins the conference
    And Alice subscribes to the conference
    Then Alice's client sends a SUBSCRIBE where
      | requirement    | field       | expectation             |
      | IM-7.1.1.9-sub | Event       | is conference           |
      | IM-7.1.1.9-sub | Request-URI | is the session identity |

  @ims
  Scenario: 3GPP IMS
    Given the SIP/IP core is a 3GPP IMS
    When Alice joins the group Friends
    And Alice releases the session
    And Alice rejoins the conference
    Then Alice's client sends another INVITE where
      | requirement    | field                 | expectation          |
      | IM-7.1.1.9-ims | P-Access-Network-Info | is present           |
      | IM-7.1.1.9-ims | Route URI             | is the Service-Route |

  @invalid
  Scenario Outline: The conference is over
    Given the conference server changes what it sends
      | message           | change              |
      | 2nd 200 to INVITE | set status <status> |
    When Alice joins the group Friends
    And Alice releases the session
    And Alice rejoins the conference
    Then Alice's client sends another ACK where
      | requirement        | field  | expectation |
      | RFC3261-17.1.1.3-1 | method | is ACK      |

    Examples:
      | status            |
      | 404 Not Found     |
      | 481 No Such Thing |
