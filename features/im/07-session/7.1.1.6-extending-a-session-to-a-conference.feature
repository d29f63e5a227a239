@im-client @mid-session @conferences
Feature: 7.1.1.6 IM Client extends 1-to-1 IM Session to an Ad-hoc IM conference

  The text prints the number as 7.1.16. One of two who have a session takes more people in: the client asks the conference
  factory for a conference of the new ones and of the old one, whose invitation takes the place of the session.

  Background:
    Given Alice's IM client is under test
    And Bob, Carol and Dave are registered IM users

  Scenario: One more
    When Alice invites Bob to a session
    And Alice extends the session to Carol
    Then Alice's client sends another INVITE where
      | requirement   | field                                              | expectation                          |
      | IM-7.1.16-1   | mandatory headers                                  | are complete                         |
      | IM-7.1.16-1   | message                                            | is well-formed                       |
      | IM-7.1.16-1   | To tag                                             | is absent                            |
      | IM-7.1.16-1   | Accept-Contact                                     | has feature tag +g.oma.sip-im        |
      | IM-7.1.16-1   | User-Agent                                         | states the IM client release         |
      | IM-7.1.16-1   | Contact                                            | has feature tag +g.oma.sip-im        |
      | IM-7.1.16-1   | Supported                                          | has option tag timer                 |
      | IM-7.1.16-2   | Request-URI                                        | is the conference factory            |
      | IM-7.1.16-3.1 | resource list                                      | is the recipients                    |
      | IM-7.1.16-3.2 | resource list                                      | includes Bob's address               |
      | IM-7.1.16-4   | part application/resource-lists+xml                | is well-formed                       |
      | IM-7.1.16-4   | disposition of part application/resource-lists+xml | is recipient-list                    |
      | IM-7.1.16-4   | Require                                            | has option tag recipient-list-invite |
      | IM-7.1.16-6   | Content-Type                                       | is multipart/mixed                   |
      | IM-7.1.16-6   | body                                               | is well-formed                       |
      | IM-7.1.16-7.1 | SDP                                                | is well-formed                       |
      | IM-7.1.16-7.1 | SDP                                                | is a valid offer                     |
      | IM-7.1.16-7.2 | SDP media                                          | is message                           |
      | IM-7.1.16-7.2 | SDP protocol                                       | is one of TCP/MSRP, TCP/TLS/MSRP     |
      | IM-7.1.16-7.2 | SDP format                                         | is *                                 |
      | IM-7.1.16-7.2 | SDP path                                           | is not Alice's path                  |
      | IM-7.1.16-7.2 | SDP attribute accept-types                         | is present                           |
      | IM-7.1.16-8.1 | resource list Replaces of Bob                      | is present                           |
      | IM-7.1.16-8.2 | resource list Replaces of Bob                      | names Bob's session with Alice       |
      | IM-7.1.16-9   | next hop                                           | is the SIP/IP core                   |

  Scenario: The session ends, the conference stays
    When Alice invites Bob to a session
    And Alice extends the session to Carol
    And Alice sends "Here we are" in the session
    Then Alice's client answers the BYE where
      | requirement    | field  | expectation |
      | IM-7.1.16-note | status | is 200      |
    And Alice's client sends no BYE [IM-7.1.16-note]
    And Alice's client sends the message over MSRP where
      | requirement    | field   | expectation             |
      | IM-7.1.16-note | chunks  | carry the whole message |
      | IM-7.1.16-note | CPIM To | is the session identity |

  Scenario: As many people as there may be
    Given Alice may invite 2 people to an ad-hoc conference
    When Alice invites Bob to a session
    And Alice extends the session to Carol
    Then Alice's client sends another INVITE where
      | requirement   | field         | expectation       |
      | IM-7.1.16-5.3 | method        | is INVITE         |
      | IM-7.1.16-5.3 | resource list | is the recipients |

  Scenario: More people than there may be
    Given Alice may invite 2 people to an ad-hoc conference
    When Alice invites Bob to a session
    And Alice extends the session to Carol and Dave
    And Alice sends "Then just the two of us" in the session
    Then Alice's client sends 1 INVITE in all [IM-7.1.16-5.1]
    And Alice is told "too-many-users" [IM-7.1.16-5.2]
    And Alice's client sends Bob the message over MSRP where
      | requirement   | field  | expectation             |
      | IM-7.1.16-5.1 | chunks | carry the whole message |

  @ims
  Scenario: 3GPP IMS
    Given the SIP/IP core is a 3GPP IMS
    When Alice invites Bob to a session
    And Alice extends the session to Carol
    Then Alice's client sends another INVITE where
      | requirement   | field                 | expectation          |
      | IM-7.1.16-ims | P-Access-Network-Info | is present           |
      | IM-7.1.16-ims | Route URI             | is the Service-Route |

  @invalid
  Scenario Outline: The conference is refused
    Given the conference server answers the invitation with <status>
    When Alice invites Bob to a session
    And Alice extends the session to Carol
    And Alice sends "Then just the two of us" in the session
    Then Alice's client sends no BYE [RFC3891-3-7]
    And Alice's client sends Bob the message over MSRP where
      | requirement | field  | expectation             |
      | RFC3891-3-7 | chunks | carry the whole message |

    Examples:
      | status |
      | 403    |
      | 404    |
      | 486    |

  @inopportune
  Scenario: The peer leaves before the conference is there
    When Alice invites Bob to a session
    And Alice extends the session to Carol while Bob releases it
    And Alice sends "Is anybody there?" in the session
    Then Alice's client answers the BYE where
      | requirement    | field  | expectation |
      | IM-7.1.16-note | status | is 200      |
    And Alice's client sends the message over MSRP where
      | requirement    | field  | expectation             |
      | IM-7.1.16-note | chunks | carry the whole message |
