@im-client @originating @conferences
Feature: 7.1.1.4 IM Client initiates an Pre-Defined IM Conference

  The client asks for the conference of a group that exists already, by the identity of the group.

  Background:
    Given Alice's IM client is under test
    And Bob and Carol are registered IM users
    And Friends is a pre-defined group of Alice, Bob and Carol

  Scenario: A group
    When Alice joins the group Friends
    Then Alice's client sends an INVITE where
      | requirement     | field                               | expectation                      |
      | IM-7.1.1.4-1    | method                              | is INVITE                        |
      | IM-7.1.1.4-1    | mandatory headers                   | are complete                     |
      | IM-7.1.1.4-1    | message                             | is well-formed                   |
      | IM-7.1.1.4-1    | To tag                              | is absent                        |
      | IM-7.1.1.4-1    | Accept-Contact                      | has feature tag +g.oma.sip-im    |
      | IM-7.1.1.4-1    | User-Agent                          | states the IM client release     |
      | IM-7.1.1.4-1    | Contact                             | has feature tag +g.oma.sip-im    |
      | IM-7.1.1.4-1    | Supported                           | has option tag timer             |
      | IM-7.1.1.4-1a   | Request-URI                         | is the group Friends             |
      | IM-7.1.1.4-1a   | part application/resource-lists+xml | is absent                        |
      | IM-7.1.1.4-1b.1 | SDP                                 | is well-formed                   |
      | IM-7.1.1.4-1b.1 | SDP                                 | is a valid offer                 |
      | IM-7.1.1.4-1b.2 | SDP media                           | is message                       |
      | IM-7.1.1.4-1b.2 | SDP protocol                        | is one of TCP/MSRP, TCP/TLS/MSRP |
      | IM-7.1.1.4-1b.2 | SDP format                          | is *                             |
      | IM-7.1.1.4-1b.2 | SDP path                            | is present                       |
      | IM-7.1.1.4-1b.2 | SDP attribute accept-types          | is present                       |
      | IM-7.1.1.4-2    | next hop                            | is the SIP/IP core               |
    And Alice's client sends an ACK where
      | requirement      | field       | expectation                             |
      | IM-7.1.1.4-200.1 | Request-URI | is the Contact of the 200 to the INVITE |
    And Alice's client opens the MSRP connection where
      | requirement      | field                               | expectation                    |
      | IM-7.1.1.4-200.2 | order                               | is after the 200 to the INVITE |
      | IM-7.1.1.4-200.2 | seconds after the 200 to the INVITE | at most 10                     |
    And Alice is told "session" [IM-7.1.1.4-200.2]

  Scenario: Released by its initiator
    When Alice joins the group Friends
    And Alice releases the session
    Then Alice's client sends a BYE where
      | requirement      | field       | expectation                             |
      | IM-7.1.1.4-200.1 | Request-URI | is the Contact of the 200 to the INVITE |

  Scenario: Who takes part
    When Alice joins the group Friends
    And Alice subscribes to the conference
    Then Alice's client sends a SUBSCRIBE where
      | requirement        | field       | expectation                             |
      | IM-7.1.1.4-note1.2 | Request-URI | is the Contact of the 200 to the INVITE |
      | IM-7.1.1.4-note1.2 | Event       | is conference                           |
    And Alice is not told "participants" before the NOTIFY [IM-7.1.1.4-note1.1]
    And Alice is told that Alice, Bob and Carol take part [RFC4575-4.6-1]

  @ims
  Scenario: 3GPP IMS
    Given the SIP/IP core is a 3GPP IMS
    When Alice joins the group Friends
    Then Alice's client sends an INVITE where
      | requirement    | field                 | expectation          |
      | IM-7.1.1.4-ims | P-Access-Network-Info | is present           |
      | IM-7.1.1.4-ims | Route URI             | is the Service-Route |

  @invalid
  Scenario Outline: The conference is refused
    Given the conference server answers the invitation with <status>
    When Alice joins the group Friends
    And Alice sends "Is anybody there?" in the session
    Then Alice's client sends an ACK where
      | requirement        | field  | expectation |
      | RFC3261-17.1.1.3-1 | method | is ACK      |
    And Alice's client sends no chunk [IM-7.1.1.4-200.2]
    And Alice's client sends no INVITE after the <status> to the INVITE [RFC3261-21.4-1]

    Examples:
      | status |
      | 403    |
      | 404    |
      | 486    |

  @invalid
  Scenario: A warning is for the user
    Given the conference server answers the invitation with 403
    And the conference server changes what it sends
      | message       | change                                                             |
      | 403 to INVITE | add header Warning to 399 home1.example "isfocus already assigned" |
    When Alice joins the group Friends
    Then Alice's client sends no INVITE after the 403 to the INVITE [RFC3261-21.4-1]
