@controlling-function @terminating
Feature: 7.2.1.3 Joining Pre-defined IM Group Session request

  Somebody wants into the session of a group that goes on: who may, and finds a place, is let in at once, and everybody
  who asked for it hears of him.

  Background:
    Given the Controlling Function is under test
    And Alice, Bob, Carol and Dave are registered IM users
    And Friends is a pre-defined group of Alice, Bob and Carol

  Scenario: One more participant
    When Alice joins the group Friends
    And Bob subscribes to the conference
    And Carol subscribes to the conference
    And Dave joins the group Friends
    Then the Controlling Function answers Dave's INVITE where
      | requirement   | field                      | expectation                  |
      | IM-7.2.1.3-6  | Contact URI                | is the session identity      |
      | IM-7.2.1.3-7  | Contact                    | has feature tag isfocus      |
      | IM-7.2.1.3-7  | Server                     | states the IM server release |
      | IM-7.2.1.3-7  | Supported                  | has option tag timer         |
      | IM-7.2.1.3-7a | SDP                        | is well-formed               |
      | IM-7.2.1.3-7a | SDP                        | answers the offer            |
      | IM-7.2.1.3-7b | SDP attribute accept-types | is a subset of the offer     |
      | IM-7.2.1.3-8  | status                     | is 200                       |
      | IM-7.2.1.3-8  | mandatory headers          | are complete                 |
    And the Controlling Function sends Bob a 2nd NOTIFY where
      | requirement   | field                          | expectation             |
      | IM-7.2.1.3-9  | conference-info status of Dave | is connected            |
      | IM-7.2.1.3-9  | conference-info version        | at least 1              |
      | IM-7.2.1.3-9  | conference-info entity         | is the session identity |
      | IM-7.2.1.3-10 | Event                          | is conference           |
      | IM-7.2.1.3-10 | Subscription-State             | has parameter expires   |
    And the Controlling Function sends Carol a 2nd NOTIFY where
      | requirement   | field                          | expectation  |
      | IM-7.2.1.3-10 | method                         | is NOTIFY    |
      | IM-7.2.1.3-10 | conference-info status of Dave | is connected |

  Scenario: Nobody is there yet
    When Bob joins the group Friends
    And Alice sends "Hello" in the session
    Then the Controlling Function sends Alice an INVITE where
      | requirement   | field       | expectation        |
      | IM-7.2.1.3-6a | Request-URI | is Alice's address |
    And the Controlling Function answers Bob's INVITE where
      | requirement     | field  | expectation                        |
      | IM-7.2.1.3-6a   | status | is 200                             |
      | IM-7.2.1.3-6b.2 | order  | is after Alice's 200 to the INVITE |
    And the Controlling Function receives the message from Alice over MSRP where
      | requirement     | field     | expectation          |
      | IM-7.2.1.3-6b.1 | responses | acknowledge with 200 |

  Scenario: A focus wants to join
    Given Dave's client adds isfocus to its Contact
    When Alice joins the group Friends
    And Dave joins the group Friends
    Then the Controlling Function answers Dave's INVITE where
      | requirement    | field   | expectation                    |
      | IM-7.2.1.3-1.1 | status  | is 403                         |
      | IM-7.2.1.3-1.2 | Warning | warns isfocus already assigned |

  Scenario: Somebody who may not join
    Given only Alice, Bob and Carol may join Friends
    When Alice joins the group Friends
    And Dave joins the group Friends
    Then the Controlling Function answers Dave's INVITE where
      | requirement  | field  | expectation |
      | IM-7.2.1.3-2 | status | is 403      |

  Scenario: No place is left
    Given Friends has room for 3 participants
    When Alice joins the group Friends
    And Dave joins the group Friends
    Then the Controlling Function answers Dave's INVITE where
      | requirement    | field   | expectation                 |
      | IM-7.2.1.3-3.1 | status  | is 486                      |
      | IM-7.2.1.3-3.2 | Warning | warns too many participants |

  Scenario: The last place
    Given Friends has room for 4 participants
    When Alice joins the group Friends
    And Dave joins the group Friends
    Then the Controlling Function answers Dave's INVITE where
      | requirement    | field  | expectation |
      | IM-7.2.1.3-3.3 | status | is 200      |

  Scenario: Anonymously where nobody may be
    Given Friends allows no anonymity
    When Alice joins the group Friends
    And Dave joins the group Friends anonymously
    Then the Controlling Function answers Dave's INVITE where
      | requirement    | field  | expectation |
      | IM-7.2.1.3-4.1 | status | is 403      |

  Scenario: Anonymously where everybody may be
    When Alice joins the group Friends
    And Dave joins the group Friends anonymously
    Then the Controlling Function answers Dave's INVITE where
      | requirement    | field  | expectation |
      | IM-7.2.1.3-4.2 | status | is 200      |

  Scenario: No usable media
    Given Dave's client changes what it sends
      | message | change                   |
      | INVITE  | set SDP protocol RTP/AVP |
    When Alice joins the group Friends
    And Dave joins the group Friends
    Then the Controlling Function answers Dave's INVITE where
      | requirement  | field  | expectation |
      | IM-7.2.1.3-5 | status | is 488      |

  Scenario: Anonymously where no place is left
    Given Friends allows no anonymity
    And Friends has room for 3 participants
    When Alice joins the group Friends
    And Dave joins the group Friends anonymously
    Then the Controlling Function answers Dave's INVITE where
      | requirement      | field  | expectation |
      | IM-7.2.1.3-order | status | is 486      |

  Scenario: A focus where no place is left
    Given Friends has room for 3 participants
    And Dave's client adds isfocus to its Contact
    When Alice joins the group Friends
    And Dave joins the group Friends
    Then the Controlling Function answers Dave's INVITE where
      | requirement      | field   | expectation                    |
      | IM-7.2.1.3-order | status  | is 403                         |
      | IM-7.2.1.3-order | Warning | warns isfocus already assigned |

  Scenario: 3GPP IMS
    Given the SIP/IP core is a 3GPP IMS
    And Dave's client changes what it sends
      | message | change                                            |
      | INVITE  | add header P-Charging-Vector to icid-value=imspec |
    When Alice joins the group Friends
    And Dave joins the group Friends
    Then the Controlling Function answers Dave's INVITE where
      | requirement    | field               | expectation          |
      | IM-7.2.1.3-ims | P-Asserted-Identity | is present           |
      | IM-7.2.1.3-ims | P-Charging-Vector   | is icid-value=imspec |
