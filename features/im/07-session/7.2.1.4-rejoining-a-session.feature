@controlling-function @terminating
Feature: 7.2.1.4 Rejoining IM Group Session request

  Somebody who was in a session comes back by its identity.

  Background:
    Given the Controlling Function is under test
    And Alice, Bob, Carol and Dave are registered IM users
    And Friends is a pre-defined group of Alice, Bob and Carol

  Scenario: Back in an ad-hoc session
    When Alice invites Bob and Carol to a conference
    And Bob subscribes to the conference
    And Carol subscribes to the conference
    And Alice releases the session
    And Alice rejoins the conference
    And Bob sends "Welcome back" in the session
    And Alice sends "Thanks" in the session
    Then the Controlling Function answers Alice's 2nd INVITE where
      | requirement   | field                      | expectation                  |
      | IM-7.2.1.4-5  | Contact URI                | is the session identity      |
      | IM-7.2.1.4-5  | Contact                    | has feature tag isfocus      |
      | IM-7.2.1.4-5  | Server                     | states the IM server release |
      | IM-7.2.1.4-6  | SDP                        | is well-formed               |
      | IM-7.2.1.4-6  | SDP                        | answers the offer            |
      | IM-7.2.1.4-6  | SDP path                   | is not Bob's path            |
      | IM-7.2.1.4-6a | SDP attribute accept-types | is a subset of the offer     |
      | IM-7.2.1.4-7  | status                     | is 200                       |
      | IM-7.2.1.4-7  | mandatory headers          | are complete                 |
    And the Controlling Function sends Alice the message over MSRP where
      | requirement  | field        | expectation            |
      | IM-7.2.1.4-8 | MSRP To-Path | is Alice's latest path |
      | IM-7.2.1.4-8 | content      | is the message         |
    And the Controlling Function sends Bob the message over MSRP where
      | requirement  | field  | expectation             |
      | IM-7.2.1.4-8 | chunks | carry the whole message |
    And the Controlling Function sends Bob a 3rd NOTIFY where
      | requirement   | field                           | expectation   |
      | IM-7.2.1.4-9  | conference-info status of Alice | is connected  |
      | IM-7.2.1.4-10 | Event                           | is conference |
    And the Controlling Function sends Carol a 3rd NOTIFY where
      | requirement   | field  | expectation |
      | IM-7.2.1.4-10 | method | is NOTIFY   |

  Scenario: Somebody who may not join
    Given only Bob and Carol may join Friends
    When Bob joins the group Friends
    And Alice releases the session
    And Alice rejoins the conference
    Then the Controlling Function answers Alice's INVITE where
      | requirement  | field  | expectation |
      | IM-7.2.1.4-1 | status | is 403      |

  Scenario: The place is taken
    Given Friends has room for 3 participants
    When Bob joins the group Friends
    And Alice releases the session
    And Dave joins the group Friends
    And Alice rejoins the conference
    Then the Controlling Function answers Alice's INVITE where
      | requirement    | field   | expectation                 |
      | IM-7.2.1.4-2.1 | status  | is 486                      |
      | IM-7.2.1.4-2.2 | Warning | warns too many participants |

  Scenario: Anonymously where nobody may be
    Given Friends allows no anonymity
    And Alice's client changes what it sends
      | message | change                   |
      | INVITE  | add header Privacy to id |
    When Bob joins the group Friends
    And Alice releases the session
    And Alice rejoins the conference
    Then the Controlling Function answers Alice's INVITE where
      | requirement    | field  | expectation |
      | IM-7.2.1.4-3.1 | status | is 403      |

  Scenario: Anonymously where everybody may be
    Given Alice's client changes what it sends
      | message | change                   |
      | INVITE  | add header Privacy to id |
    When Bob joins the group Friends
    And Alice releases the session
    And Alice rejoins the conference
    Then the Controlling Function answers Alice's INVITE where
      | requirement    | field  | expectation |
      | IM-7.2.1.4-3.2 | status | is 200      |

  Scenario: No usable media
    Given Alice's client changes what it sends
      | message | change                   |
      | INVITE  | set SDP protocol RTP/AVP |
    When Bob joins the group Friends
    And Alice releases the session
    And Alice rejoins the conference
    Then the Controlling Function answers Alice's INVITE where
      | requirement  | field  | expectation |
      | IM-7.2.1.4-4 | status | is 488      |

  Scenario: Somebody who may not join, and no place is left
    Given only Bob, Carol and Dave may join Friends
    And Friends has room for 3 participants
    When Bob joins the group Friends
    And Alice releases the session
    And Dave joins the group Friends
    And Alice rejoins the conference
    Then the Controlling Function answers Alice's INVITE where
      | requirement      | field  | expectation |
      | IM-7.2.1.4-order | status | is 403      |

  Scenario: The place is taken, and the media are not usable
    Given Friends has room for 3 participants
    And Alice's client changes what it sends
      | message | change                   |
      | INVITE  | set SDP protocol RTP/AVP |
    When Bob joins the group Friends
    And Alice releases the session
    And Dave joins the group Friends
    And Alice rejoins the conference
    Then the Controlling Function answers Alice's INVITE where
      | requirement      | field  | expectation |
      | IM-7.2.1.4-order | status | is 486      |

  Scenario: 3GPP IMS
    Given the SIP/IP core is a 3GPP IMS
    When Alice invites Bob and Carol to a conference
    And Alice releases the session
    And Alice rejoins the conference
    Then the Controlling Function answers Alice's 2nd INVITE where
      | requirement    | field               | expectation |
      | IM-7.2.1.4-ims | status              | is 200      |
      | IM-7.2.1.4-ims | P-Asserted-Identity | is present  |
