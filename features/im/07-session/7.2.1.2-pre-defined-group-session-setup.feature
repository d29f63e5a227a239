@controlling-function @terminating
Feature: 7.2.1.2 Pre-defined IM Group Session setup request

  Somebody asks for the session of a group. Where none goes on, the members are invited, and the first who accepts makes
  the answer; where one goes on, the answer comes at once.

  Background:
    Given the Controlling Function is under test
    And Alice, Bob, Carol and Dave are registered IM users
    And Friends is a pre-defined group of Alice, Bob and Carol

  Scenario: No session yet
    Given Carol's client rings for 20 seconds
    When Alice joins the group Friends
    And Bob subscribes to the conference
    And Alice sends "Hello" in the session
    And Bob sends "Good morning" in the session
    Then the Controlling Function sends Bob an INVITE where
      | requirement     | field       | expectation         |
      | IM-7.2.1.2-7a.1 | Request-URI | is Bob's address    |
      | IM-7.2.1.2-7b.1 | SDP path    | is not Alice's path |
    And the Controlling Function sends Carol an INVITE where
      | requirement     | field       | expectation        |
      | IM-7.2.1.2-7a.1 | Request-URI | is Carol's address |
      | IM-7.2.1.2-7a.2 | method      | is INVITE          |
    And the Controlling Function sends Alice no INVITE [IM-7.2.1.2-7a.1]
    And the Controlling Function answers Alice's INVITE with 180 where
      | requirement      | field             | expectation             |
      | IM-7.2.1.2-180.1 | status            | is 180                  |
      | IM-7.2.1.2-180.1 | Contact           | has feature tag isfocus |
      | IM-7.2.1.2-180.2 | mandatory headers | are complete            |
    And the Controlling Function answers Alice's INVITE with 180 once [IM-7.2.1.2-180.1]
    And the Controlling Function answers Alice's INVITE where
      | requirement        | field                                 | expectation                      |
      | IM-7.2.1.2-200.1.1 | status                                | is 200                           |
      | IM-7.2.1.2-200.1.1 | seconds after Bob's 200 to the INVITE | at most 5                        |
      | IM-7.2.1.2-200.1.1 | Contact                               | has feature tag isfocus          |
      | IM-7.2.1.2-200.1.1 | Contact URI                           | is not the group Friends         |
      | IM-7.2.1.2-7b.2    | order                                 | is after Bob's 200 to the INVITE |
      | IM-7.2.1.2-200.2   | SDP                                   | is well-formed                   |
      | IM-7.2.1.2-200.2   | SDP                                   | answers the offer                |
      | IM-7.2.1.2-200.2   | SDP path                              | is not Bob's path                |
      | IM-7.2.1.2-200.2a  | SDP attribute accept-types            | is a subset of the offer         |
      | IM-7.2.1.2-200.3   | mandatory headers                     | are complete                     |
    And the Controlling Function answers Alice's INVITE with 200 once [IM-7.2.1.2-200.1.2]
    And the Controlling Function sends Bob a NOTIFY where
      | requirement      | field                           | expectation  |
      | IM-7.2.1.2-200.5 | conference-info status of Alice | is connected |
    And the Controlling Function sends Bob the message over MSRP where
      | requirement      | field   | expectation             |
      | IM-7.2.1.2-200.4 | chunks  | carry the whole message |
      | IM-7.2.1.2-200.4 | content | is the message          |
    And the Controlling Function sends Alice the message over MSRP where
      | requirement      | field  | expectation             |
      | IM-7.2.1.2-200.4 | chunks | carry the whole message |
    And the Controlling Function receives the message from Bob over MSRP where
      | requirement     | field     | expectation          |
      | IM-7.2.1.2-7b.1 | responses | acknowledge with 200 |

  Scenario: The member takes only plain text
    Given Alice's client changes what it sends
      | message | change                                                    |
      | INVITE  | set SDP attribute accept-types to message/cpim text/plain |
    And Bob's client changes what it sends
      | message       | change                                       |
      | 200 to INVITE | set SDP attribute accept-types to text/plain |
    And Carol's client answers the invitation with 486
    When Alice joins the group Friends
    Then the Controlling Function answers Alice's INVITE where
      | requirement       | field                      | expectation   |
      | IM-7.2.1.2-200.2a | status                     | is 200        |
      | IM-7.2.1.2-200.2a | SDP attribute accept-types | is text/plain |

  Scenario: The group does not invite its members
    Given Friends does not invite its members
    When Alice joins the group Friends
    Then the Controlling Function sends Bob no INVITE [IM-7.2.1.2-7a.2]
    And the Controlling Function answers Alice's INVITE where
      | requirement     | field  | expectation |
      | IM-7.2.1.2-7a.2 | status | is 200      |

  Scenario: The session goes on
    When Alice joins the group Friends
    And Bob subscribes to the conference
    And Dave joins the group Friends
    And Bob sends "Hello" in the session
    And Dave sends "Good morning" in the session
    Then the Controlling Function answers Dave's INVITE where
      | requirement    | field                      | expectation                  |
      | IM-7.2.1.2-8a  | Contact                    | has feature tag isfocus      |
      | IM-7.2.1.2-8a  | Contact URI                | is the session identity      |
      | IM-7.2.1.2-8a  | Server                     | states the IM server release |
      | IM-7.2.1.2-8b  | SDP                        | is well-formed               |
      | IM-7.2.1.2-8b  | SDP                        | answers the offer            |
      | IM-7.2.1.2-8b  | SDP path                   | is not Alice's path          |
      | IM-7.2.1.2-8bi | SDP attribute accept-types | is a subset of the offer     |
      | IM-7.2.1.2-8c  | status                     | is 200                       |
      | IM-7.2.1.2-8c  | mandatory headers          | are complete                 |
    And the Controlling Function sends Bob 1 INVITE in all [IM-7.2.1.2-8a]
    And the Controlling Function sends Dave the message over MSRP where
      | requirement   | field   | expectation             |
      | IM-7.2.1.2-8d | chunks  | carry the whole message |
      | IM-7.2.1.2-8d | content | is the message          |
    And the Controlling Function sends Bob the message over MSRP where
      | requirement   | field  | expectation             |
      | IM-7.2.1.2-8d | chunks | carry the whole message |
    And the Controlling Function sends Bob a 2nd NOTIFY where
      | requirement   | field                          | expectation  |
      | IM-7.2.1.2-8e | conference-info status of Dave | is connected |

  Scenario: A group of another server
    Given Friends belongs to another server
    When Alice joins the group Friends
    Then the Controlling Function answers Alice's INVITE where
      | requirement  | field  | expectation |
      | IM-7.2.1.2-1 | status | is 404      |
    And the Controlling Function sends Bob no INVITE [IM-7.2.1.2-1]

  Scenario: A focus asks for the session
    Given Alice's client adds isfocus to its Contact
    When Alice joins the group Friends
    Then the Controlling Function answers Alice's INVITE where
      | requirement    | field   | expectation                    |
      | IM-7.2.1.2-2.1 | status  | is 403                         |
      | IM-7.2.1.2-2.2 | Warning | warns isfocus already assigned |

  Scenario: Nobody vouches for the inviter
    Given the SIP/IP core is a 3GPP IMS
    And the SIP/IP core changes what it sends
      | message | change                          |
      | INVITE  | drop header P-Asserted-Identity |
    When Alice joins the group Friends
    Then the Controlling Function answers Alice's INVITE where
      | requirement    | field  | expectation |
      | IM-7.2.1.2-3.1 | status | is 403      |

  Scenario: Somebody who may not initiate the session
    Given only Bob and Carol may initiate sessions of Friends
    When Alice joins the group Friends
    Then the Controlling Function answers Alice's INVITE where
      | requirement    | field  | expectation |
      | IM-7.2.1.2-3.2 | status | is 403      |
    And the Controlling Function sends Bob no INVITE [IM-7.2.1.2-3.2]

  Scenario: Somebody who may not join the session
    Given only Bob and Carol may join Friends
    When Alice joins the group Friends
    Then the Controlling Function answers Alice's INVITE where
      | requirement  | field  | expectation |
      | IM-7.2.1.2-4 | status | is 403      |

  Scenario: Anonymously where nobody may be
    Given Friends allows no anonymity
    When Alice joins the group Friends anonymously
    Then the Controlling Function answers Alice's INVITE where
      | requirement    | field  | expectation |
      | IM-7.2.1.2-5.1 | status | is 403      |

  Scenario: Anonymously where everybody may be
    When Alice joins the group Friends anonymously
    Then the Controlling Function answers Alice's INVITE where
      | requirement    | field  | expectation |
      | IM-7.2.1.2-5.2 | status | is not 403  |

  Scenario: No usable media
    Given Alice's client changes what it sends
      | message | change                   |
      | INVITE  | set SDP protocol RTP/AVP |
    When Alice joins the group Friends
    Then the Controlling Function answers Alice's INVITE where
      | requirement  | field  | expectation |
      | IM-7.2.1.2-6 | status | is 488      |
    And the Controlling Function sends Bob no INVITE [IM-7.2.1.2-6]

  Scenario: All members decline
    Given Bob's client answers the invitation with 603
    And Carol's client answers the invitation with 486
    When Alice joins the group Friends
    Then the Controlling Function answers Alice's INVITE where
      | requirement          | field  | expectation        |
      | IM-7.2.1.2-final.1.1 | status | is one of 486, 603 |
      | IM-7.2.1.2-final.1.2 | status | is 486             |

  Scenario: One member declines before another accepts
    Given Bob's client answers the invitation with 486
    When Alice joins the group Friends
    Then the Controlling Function answers Alice's INVITE with 486 never [IM-7.2.1.2-final.1.3]
    And the Controlling Function answers Alice's INVITE where
      | requirement          | field  | expectation |
      | IM-7.2.1.2-final.1.3 | status | is 200      |

  Scenario: All members decline, and the inviter is in the session already
    Given the Controlling Function answers the inviter at once
    And Bob's client answers the invitation with 486
    And Carol's client answers the invitation with 486
    When Alice joins the group Friends
    Then the Controlling Function sends Alice a BYE where
      | requirement        | field  | expectation                      |
      | IM-7.2.1.2-final.2 | method | is BYE                           |
      | IM-7.2.1.2-final.2 | order  | is after Bob's 486 to the INVITE |

  Scenario: An anonymous focus
    Given Friends allows no anonymity
    And Alice's client adds isfocus to its Contact
    When Alice joins the group Friends anonymously
    Then the Controlling Function answers Alice's INVITE where
      | requirement      | field   | expectation                    |
      | IM-7.2.1.2-order | status  | is 403                         |
      | IM-7.2.1.2-order | Warning | warns isfocus already assigned |

  Scenario: Anonymously and without usable media
    Given Friends allows no anonymity
    And Alice's client changes what it sends
      | message | change                   |
      | INVITE  | set SDP protocol RTP/AVP |
    When Alice joins the group Friends anonymously
    Then the Controlling Function answers Alice's INVITE where
      | requirement      | field  | expectation |
      | IM-7.2.1.2-order | status | is 403      |

  Scenario: 3GPP IMS
    Given the SIP/IP core is a 3GPP IMS
    And Alice's client changes what it sends
      | message | change                                            |
      | INVITE  | add header P-Charging-Vector to icid-value=imspec |
    When Alice joins the group Friends
    Then the Controlling Function sends Bob an INVITE where
      | requirement    | field                   | expectation          |
      | IM-7.2.1.2-ims | P-Asserted-Identity URI | is Alice's address   |
      | IM-7.2.1.2-ims | P-Charging-Vector       | is icid-value=imspec |
    And the Controlling Function answers Alice's INVITE where
      | requirement    | field               | expectation |
      | IM-7.2.1.2-ims | P-Asserted-Identity | is present  |
