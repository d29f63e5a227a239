@controlling-function @originating
Feature: 7.2.2.2 IM Session invitation requests

  The server invites each user in the name of who asked for the session, to its own media, and tells those who asked for
  it how the user answers.

  Background:
    Given the Controlling Function is under test
    And Alice, Bob and Carol are registered IM users

  Scenario: What an invitation says
    When Alice invites Bob, Carol and Bob to a conference
    Then the Controlling Function sends Bob an INVITE where
      | requirement    | field                              | expectation                      |
      | IM-7.2.2.2-1   | Contact                            | has feature tag isfocus          |
      | IM-7.2.2.2-1   | Contact                            | has feature tag +g.oma.sip-im    |
      | IM-7.2.2.2-1   | Contact URI                        | is the session identity          |
      | IM-7.2.2.2-1   | Accept-Contact                     | has feature tag +g.oma.sip-im    |
      | IM-7.2.2.2-1   | User-Agent                         | states the IM server release     |
      | IM-7.2.2.2-1   | Supported                          | has option tag timer             |
      | IM-7.2.2.2-1   | mandatory headers                  | are complete                     |
      | IM-7.2.2.2-1   | message                            | is well-formed                   |
      | IM-7.2.2.2-3   | Request-URI                        | is Bob's address                 |
      | IM-7.2.2.2-4.1 | part application/sdp               | is present                       |
      | IM-7.2.2.2-4.1 | SDP                                | is well-formed                   |
      | IM-7.2.2.2-4.1 | SDP                                | is a valid offer                 |
      | IM-7.2.2.2-4.2 | SDP media                          | is message                       |
      | IM-7.2.2.2-4.2 | SDP protocol                       | is one of TCP/MSRP, TCP/TLS/MSRP |
      | IM-7.2.2.2-4.2 | SDP format                         | is *                             |
      | IM-7.2.2.2-4.2 | SDP path                           | is not Alice's path              |
      | IM-7.2.2.2-4a  | SDP attribute accept-types         | is message/cpim                  |
      | IM-7.2.2.2-4a  | SDP attribute accept-wrapped-types | is present                       |
      | IM-7.2.2.2-5   | next hop                           | is the SIP/IP core               |
    And the Controlling Function sends Bob 1 INVITE in all [IM-7.2.2.2-3]
    And the Controlling Function sends Carol 1 INVITE in all [IM-7.2.2.2-3]
    And the Controlling Function answers Alice's INVITE where
      | requirement     | field  | expectation |
      | IM-7.2.2.2-note | status | is 200      |

  Scenario: The group has a name for the inviter
    Given Friends is a pre-defined group of Alice and Bob
    And Friends calls Alice "The boss"
    And Alice's client changes what it sends
      | message | change                           |
      | INVITE  | set display name of From to Ally |
    When Alice joins the group Friends
    Then the Controlling Function sends Bob an INVITE where
      | requirement    | field             | expectation |
      | IM-7.2.2.2-2.1 | From display name | is The boss |

  Scenario: The inviter has a name of his own
    Given Alice's client changes what it sends
      | message | change                           |
      | INVITE  | set display name of From to Ally |
    When Alice invites Bob to a conference
    Then the Controlling Function sends Bob an INVITE where
      | requirement    | field             | expectation |
      | IM-7.2.2.2-2.2 | From display name | is Ally     |

  Scenario: Who rings, and then comes
    Given Carol's client rings for 100 seconds
    When Alice invites Bob and Carol to a conference
    And Alice subscribes to the conference
    And 60 seconds pass
    And Alice sends "Hello" in the session
    Then the Controlling Function sends Alice a NOTIFY where
      | requirement    | field                           | expectation |
      | IM-7.2.2.2-180 | conference-info status of Carol | is alerting |
    And the Controlling Function sends Alice a 2nd NOTIFY where
      | requirement      | field                           | expectation  |
      | IM-7.2.2.2-200.5 | conference-info status of Carol | is connected |
    And the Controlling Function sends Bob the message over MSRP where
      | requirement      | field  | expectation             |
      | IM-7.2.2.2-200.4 | chunks | carry the whole message |
    And the Controlling Function sends Carol the message over MSRP where
      | requirement      | field   | expectation             |
      | IM-7.2.2.2-200.4 | chunks  | carry the whole message |
      | IM-7.2.2.2-200.4 | content | is the message          |

  Scenario: Where the requests of the dialog go
    When Alice invites Bob to a conference
    And Alice releases the session
    Then the Controlling Function sends Bob an ACK where
      | requirement      | field       | expectation                             |
      | IM-7.2.2.2-200.2 | Request-URI | is the Contact of the 200 to the INVITE |
    And the Controlling Function sends Bob a BYE where
      | requirement      | field       | expectation                             |
      | IM-7.2.2.2-200.2 | Request-URI | is the Contact of the 200 to the INVITE |

  Scenario: A client that rings does not know UPDATE
    Given the Controlling Function takes changes of the media on to everybody
    And Bob's client changes what it sends
      | message       | change                                       |
      | 180 to INVITE | set header Allow to INVITE, ACK, CANCEL, BYE |
      | 200 to INVITE | drop header Allow                            |
    And Alice's client changes what it sends
      | message    | change                                               |
      | 2nd INVITE | set SDP attribute accept-wrapped-types to text/plain |
    When Alice invites Bob to a conference
    And Alice modifies the session
    Then the Controlling Function refreshes the session where
      | requirement       | field  | expectation |
      | IM-7.2.2.2-prov.1 | method | is INVITE   |

  Scenario: A client that accepts does not know UPDATE
    Given the Controlling Function takes changes of the media on to everybody
    And Bob's client allows INVITE, ACK, CANCEL, BYE
    And Alice's client changes what it sends
      | message    | change                                               |
      | 2nd INVITE | set SDP attribute accept-wrapped-types to text/plain |
    When Alice invites Bob to a conference
    And Alice modifies the session
    Then the Controlling Function refreshes the session where
      | requirement      | field  | expectation |
      | IM-7.2.2.2-200.1 | method | is INVITE   |

  Scenario: Somebody accepts anonymously
    Given Bob's client changes what it sends
      | message       | change                   |
      | 200 to INVITE | add header Privacy to id |
    When Alice invites Bob and Carol to a conference
    And Alice subscribes to the conference
    Then the Controlling Function sends Alice a NOTIFY where
      | requirement        | field                         | expectation |
      | IM-7.2.2.2-200.3.1 | conference-info user-count    | is 3        |
      | IM-7.2.2.2-200.3.1 | conference-info status of Bob | is absent   |

  Scenario: Somebody accepts anonymously where nobody may be
    Given ad-hoc sessions allow no anonymity
    And Bob's client changes what it sends
      | message       | change                   |
      | 200 to INVITE | add header Privacy to id |
    When Alice invites Bob and Carol to a conference
    And Alice subscribes to the conference
    Then the Controlling Function sends Alice a NOTIFY where
      | requirement        | field                         | expectation  |
      | IM-7.2.2.2-200.3.2 | conference-info status of Bob | is connected |
    And the Controlling Function sends Bob no BYE [IM-7.2.2.2-200.3.2]

  Scenario: Who accepts anonymously is removed
    Given ad-hoc sessions allow no anonymity
    And the Controlling Function removes who accepts anonymously
    And Bob's client changes what it sends
      | message       | change                   |
      | 200 to INVITE | add header Privacy to id |
    When Alice invites Bob and Carol to a conference
    And Alice sends "Hello" in the session
    Then the Controlling Function sends Bob a BYE where
      | requirement        | field                                 | expectation |
      | IM-7.2.2.2-200.3.3 | method                                | is BYE      |
      | IM-7.2.2.2-200.3.3 | seconds after Bob's 200 to the INVITE | at most 1   |
    And the Controlling Function sends Bob no chunk [IM-7.2.2.2-200.3.3]

  Scenario: 3GPP IMS
    Given the SIP/IP core is a 3GPP IMS
    When Alice invites Bob to a conference
    Then the Controlling Function sends Bob an INVITE where
      | requirement    | field                   | expectation        |
      | IM-7.2.2.2-ims | P-Asserted-Identity URI | is Alice's address |
