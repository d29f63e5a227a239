@im-client @originating @conferences
Feature: 7.1.1.3 IM Client initiates an Ad-hoc IM Conference

  The client invites several people at once: it sends their list to the conference factory, which makes the
  conference and invites them.

  Background:
    Given Alice's IM client is under test
    And Bob, Carol and Dave are registered IM users

  Scenario: Several people
    When Alice invites Bob and Carol to a conference
    Then Alice's client sends an INVITE where
      | requirement    | field                                              | expectation                          |
      | IM-7.1.1.3-1   | method                                             | is INVITE                            |
      | IM-7.1.1.3-1   | mandatory headers                                  | are complete                         |
      | IM-7.1.1.3-1   | message                                            | is well-formed                       |
      | IM-7.1.1.3-1   | To tag                                             | is absent                            |
      | IM-7.1.1.3-1   | Accept-Contact                                     | has feature tag +g.oma.sip-im        |
      | IM-7.1.1.3-1   | User-Agent                                         | states the IM client release         |
      | IM-7.1.1.3-1   | Contact                                            | has feature tag +g.oma.sip-im        |
      | IM-7.1.1.3-1   | Supported                                          | has option tag timer                 |
      | IM-7.1.1.3-2   | Request-URI                                        | is the conference factory            |
      | IM-7.1.1.3-3.1 | part application/resource-lists+xml                | is present                           |
      | IM-7.1.1.3-3.1 | part application/resource-lists+xml                | is well-formed                       |
      | IM-7.1.1.3-3.1 | disposition of part application/resource-lists+xml | is recipient-list                    |
      | IM-7.1.1.3-3.1 | Content-Type                                       | is multipart/mixed                   |
      | IM-7.1.1.3-3.1 | Require                                            | has option tag recipient-list-invite |
      | IM-7.1.1.3-3.2 | resource list                                      | is the recipients                    |
      | IM-7.1.1.3-5.1 | SDP                                                | is well-formed                       |
      | IM-7.1.1.3-5.1 | SDP                                                | is a valid offer                     |
      | IM-7.1.1.3-5.2 | SDP media                                          | is message                           |
      | IM-7.1.1.3-5.2 | SDP protocol                                       | is one of TCP/MSRP, TCP/TLS/MSRP     |
      | IM-7.1.1.3-5.2 | SDP format                                         | is *                                 |
      | IM-7.1.1.3-5.2 | SDP path                                           | is present                           |
      | IM-7.1.1.3-5.2 | SDP attribute accept-types                         | is present                           |
      | RFC7701-5.2-1  | SDP attribute accept-types                         | has value message/cpim               |
      | IM-7.1.1.3-6   | next hop                                           | is the SIP/IP core                   |
    And Alice's client sends an ACK where
      | requirement      | field       | expectation                             |
      | IM-7.1.1.3-200.1 | Request-URI | is the Contact of the 200 to the INVITE |
    And Alice's client opens the MSRP connection where
      | requirement      | field                               | expectation                    |
      | IM-7.1.1.3-200.2 | order                               | is after the 200 to the INVITE |
      | IM-7.1.1.3-200.2 | seconds after the 200 to the INVITE | at most 10                     |
    And Alice is told "session" [IM-7.1.1.3-200.2]

  Scenario: Released by its initiator
    When Alice invites Bob and Carol to a conference
    And Alice releases the session
    Then Alice's client sends a BYE where
      | requirement      | field       | expectation                             |
      | IM-7.1.1.3-200.1 | Request-URI | is the Contact of the 200 to the INVITE |

  Scenario: As many people as there may be
    Given Alice may invite 2 people to an ad-hoc conference
    When Alice invites Bob and Carol to a conference
    Then Alice's client sends an INVITE where
      | requirement    | field         | expectation       |
      | IM-7.1.1.3-4.3 | method        | is INVITE         |
      | IM-7.1.1.3-4.3 | resource list | is the recipients |

  Scenario: More people than there may be
    Given Alice may invite 2 people to an ad-hoc conference
    When Alice invites Bob, Carol and Dave to a conference
    Then Alice's client sends no INVITE [IM-7.1.1.3-4.1]
    And Alice is told "too-many-users" [IM-7.1.1.3-4.2]

  Scenario: Who takes part
    When Alice invites Bob and Carol to a conference
    And Alice subscribes to the conference
    Then Alice's client sends a SUBSCRIBE where
      | requirement        | field             | expectation                             |
      | IM-7.1.1.3-note2.2 | Request-URI       | is the Contact of the 200 to the INVITE |
      | IM-7.1.1.3-note2.2 | Event             | is conference                           |
      | IM-7.1.1.3-note2.2 | mandatory headers | are complete                            |
    And Alice is not told "participants" before the NOTIFY [IM-7.1.1.3-note2.1]
    And Alice is told that Alice, Bob and Carol take part [RFC4575-4.6-1]

  @ims
  Scenario: 3GPP IMS
    Given the SIP/IP core is a 3GPP IMS
    When Alice invites Bob and Carol to a conference
    Then Alice's client sends an INVITE where
      | requirement    | field                 | expectation          |
      | IM-7.1.1.3-ims | P-Access-Network-Info | is present           |
      | IM-7.1.1.3-ims | Route URI             | is the Service-Route |

  @invalid
  Scenario Outline: The conference is refused
    Given the conference server answers the invitation with <status>
    When Alice invites Bob and Carol to a conference
    And Alice sends "Is anybody there?" in the session
    Then Alice's client sends an ACK where
      | requirement        | field  | expectation |
      | RFC3261-17.1.1.3-1 | method | is ACK      |
    And Alice's client sends no BYE [RFC3261-17.1.1.3-1]
    And Alice's client sends no chunk [IM-7.1.1.3-200.2]
    And Alice's client sends no INVITE after the <status> to the INVITE [RFC3261-21.4-1]

    Examples:
      | status |
      | 403    |
      | 404    |
      | 420    |
      | 486    |
      | 488    |
      | 603    |

  @invalid
  Scenario: A warning is for the user
    Given the conference server answers the invitation with 486
    And the conference server changes what it sends
      | message       | change                                                                             |
      | 486 to INVITE | add header Warning to 399 conference-factory.home1.example "too many participants" |
    When Alice invites Bob and Carol to a conference
    Then Alice's client sends an ACK where
      | requirement        | field  | expectation |
      | RFC3261-17.1.1.3-1 | method | is ACK      |
    And Alice's client sends no INVITE after the 486 to the INVITE [RFC3261-21.4-1]

  @invalid
  Scenario: The acceptance is not that of a focus
    Given the conference server changes what it sends
      | message       | change                              |
      | 200 to INVITE | drop parameter isfocus from Contact |
    When Alice invites Bob and Carol to a conference
    And Alice releases the session
    Then Alice's client sends an ACK where
      | requirement      | field       | expectation                             |
      | IM-7.1.1.3-200.1 | Request-URI | is the Contact of the 200 to the INVITE |
    And Alice's client sends a BYE where
      | requirement      | field       | expectation                             |
      | IM-7.1.1.3-200.1 | Request-URI | is the Contact of the 200 to the INVITE |

  @inopportune
  Scenario: The user gives the conference up
    Given Alice cancels the invitation once it rings
    When Alice invites Bob and Carol to a conference
    Then Alice's client sends a CANCEL where
      | requirement   | field       | expectation                    |
      | RFC3261-9.1-1 | Request-URI | is the conference factory      |
      | RFC3261-9.1-1 | order       | is after the 180 to the INVITE |
    And Alice's client sends no chunk [IM-7.1.1.3-200.2]
