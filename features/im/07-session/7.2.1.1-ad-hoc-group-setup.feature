@controlling-function @terminating
Feature: 7.2.1.1 Ad-hoc IM Group setup request

  Somebody asks a conference factory for a session with the users of a list. The server checks who asks for what,
  gives the session an identity of its own, invites everybody, and answers as soon as the first of them accepts.

  Background:
    Given the Controlling Function is under test
    And Alice, Bob, Carol and Dave are registered IM users

  Scenario: Everybody accepts
    Given Carol's client rings for 20 seconds
    When Alice invites Bob, Carol and Dave to a conference
    And Alice sends "Hello" in the session
    And Bob sends "Good morning" in the session
    Then the Controlling Function sends Bob an INVITE where
      | requirement  | field       | expectation      |
      | IM-7.2.1.1-6 | Request-URI | is Bob's address |
    And the Controlling Function sends Carol an INVITE where
      | requirement  | field       | expectation        |
      | IM-7.2.1.1-6 | Request-URI | is Carol's address |
    And the Controlling Function sends Dave an INVITE where
      | requirement  | field       | expectation       |
      | IM-7.2.1.1-6 | Request-URI | is Dave's address |
    And the Controlling Function answers Alice's INVITE with 180 where
      | requirement      | field             | expectation             |
      | IM-7.2.1.1-180.1 | status            | is 180                  |
      | IM-7.2.1.1-180.1 | Contact           | has feature tag isfocus |
      | IM-7.2.1.1-180.2 | mandatory headers | are complete            |
    And the Controlling Function answers Alice's INVITE with 180 once [IM-7.2.1.1-180.3]
    And the Controlling Function answers Alice's INVITE where
      | requirement        | field                                 | expectation                   |
      | IM-7.2.1.1-200.1.1 | status                                | is 200                        |
      | IM-7.2.1.1-200.1.1 | seconds after Bob's 200 to the INVITE | at most 5                     |
      | IM-7.2.1.1-200.1.1 | Contact                               | has feature tag +g.oma.sip-im |
      | IM-7.2.1.1-3.2     | Contact                               | has feature tag isfocus       |
      | IM-7.2.1.1-3.2     | Contact URI                           | is not the conference factory |
      | IM-7.2.1.1-200.2   | SDP                                   | is well-formed                |
      | IM-7.2.1.1-200.2   | SDP                                   | answers the offer             |
      | IM-7.2.1.1-200.2   | SDP path                              | is not Bob's path             |
      | IM-7.2.1.1-200.2a  | SDP attribute accept-types            | is a subset of the offer      |
      | IM-7.2.1.1-200.2b  | SDP attribute accept-wrapped-types    | is present                    |
      | IM-7.2.1.1-200.3   | mandatory headers                     | are complete                  |
    And the Controlling Function answers Alice's INVITE with 200 once [IM-7.2.1.1-200.1.2]
    And the Controlling Function sends Bob the message over MSRP where
      | requirement      | field   | expectation             |
      | IM-7.2.1.1-200.4 | chunks  | carry the whole message |
      | IM-7.2.1.1-200.4 | content | is the message          |
    And the Controlling Function sends Alice the message over MSRP where
      | requirement      | field  | expectation             |
      | IM-7.2.1.1-200.4 | chunks | carry the whole message |

  Scenario: One user on the list
    When Alice invites Bob to a conference
    Then the Controlling Function sends Bob an INVITE where
      | requirement      | field       | expectation      |
      | IM-7.2.1.1-intro | Request-URI | is Bob's address |
    And the Controlling Function answers Alice's INVITE where
      | requirement      | field   | expectation             |
      | IM-7.2.1.1-note  | status  | is not 420              |
      | IM-7.2.1.1-intro | Contact | has feature tag isfocus |

  Scenario: Back into the session by its identity
    When Alice invites Bob and Carol to a conference
    And Alice releases the session
    And Alice rejoins the conference
    Then the Controlling Function answers Alice's 2nd INVITE where
      | requirement    | field       | expectation             |
      | IM-7.2.1.1-3.1 | status      | is 200                  |
      | IM-7.2.1.1-3.1 | Contact URI | is the session identity |

  Scenario: Another session has another identity
    When Alice invites Bob to a conference
    And Alice releases the session
    And Alice invites Bob to a conference
    Then the Controlling Function answers Alice's 2nd INVITE where
      | requirement    | field       | expectation                 |
      | IM-7.2.1.1-3.2 | status      | is 200                      |
      | IM-7.2.1.1-3.2 | Contact URI | is not the session identity |

  Scenario: The invited user takes only plain text
    Given Alice's client changes what it sends
      | message | change                                                    |
      | INVITE  | set SDP attribute accept-types to message/cpim text/plain |
    And Bob's client changes what it sends
      | message       | change                                       |
      | 200 to INVITE | set SDP attribute accept-types to text/plain |
    When Alice invites Bob to a conference
    Then the Controlling Function answers Alice's INVITE where
      | requirement       | field                      | expectation   |
      | IM-7.2.1.1-200.2a | status                     | is 200        |
      | IM-7.2.1.1-200.2a | SDP attribute accept-types | is text/plain |

  Scenario: A factory that is not allocated
    Given the conference factory is not allocated
    When Alice invites Bob to a conference
    Then the Controlling Function answers Alice's INVITE where
      | requirement  | field  | expectation |
      | IM-7.2.1.1-1 | status | is 404      |
    And the Controlling Function sends Bob no INVITE [IM-7.2.1.1-1]

  Scenario: Nobody vouches for the inviter
    Given the SIP/IP core is a 3GPP IMS
    And the SIP/IP core changes what it sends
      | message | change                          |
      | INVITE  | drop header P-Asserted-Identity |
    When Alice invites Bob to a conference
    Then the Controlling Function answers Alice's INVITE where
      | requirement    | field  | expectation |
      | IM-7.2.1.1-2.1 | status | is 403      |
    And the Controlling Function sends Bob no INVITE [IM-7.2.1.1-2.1]

  Scenario: Somebody who may not use the factory
    Given only Carol may use the conference factory
    When Alice invites Bob to a conference
    Then the Controlling Function answers Alice's INVITE where
      | requirement    | field  | expectation |
      | IM-7.2.1.1-2.2 | status | is 403      |
    And the Controlling Function sends Bob no INVITE [IM-7.2.1.1-2.2]

  Scenario: No usable media
    Given Alice's client changes what it sends
      | message | change                   |
      | INVITE  | set SDP protocol RTP/AVP |
    When Alice invites Bob to a conference
    Then the Controlling Function answers Alice's INVITE where
      | requirement  | field  | expectation |
      | IM-7.2.1.1-4 | status | is 488      |
    And the Controlling Function sends Bob no INVITE [IM-7.2.1.1-4]

  Scenario: One user too many
    Given ad-hoc sessions have room for 2 invited users
    When Alice invites Bob, Carol and Dave to a conference
    Then the Controlling Function answers Alice's INVITE where
      | requirement    | field   | expectation                 |
      | IM-7.2.1.1-5.1 | status  | is 486                      |
      | IM-7.2.1.1-5.2 | Warning | warns too many participants |
    And the Controlling Function sends Bob no INVITE [IM-7.2.1.1-5.1]

  Scenario: As many users as may be
    Given ad-hoc sessions have room for 3 invited users
    When Alice invites Bob, Carol and Dave to a conference
    Then the Controlling Function answers Alice's INVITE where
      | requirement    | field  | expectation |
      | IM-7.2.1.1-5.3 | status | is 200      |
    And the Controlling Function sends Dave an INVITE where
      | requirement    | field       | expectation       |
      | IM-7.2.1.1-5.3 | Request-URI | is Dave's address |

  Scenario: Everybody declines
    Given Bob's client answers the invitation with 603
    And Carol's client answers the invitation with 486
    When Alice invites Bob and Carol to a conference
    Then the Controlling Function answers Alice's INVITE where
      | requirement          | field  | expectation        |
      | IM-7.2.1.1-final.1.1 | status | is one of 486, 603 |
      | IM-7.2.1.1-final.1.2 | status | is 486             |

  Scenario: One declines before the other accepts
    Given Bob's client answers the invitation with 486
    When Alice invites Bob and Carol to a conference
    Then the Controlling Function answers Alice's INVITE with 486 never [IM-7.2.1.1-final.1.3]
    And the Controlling Function answers Alice's INVITE where
      | requirement          | field  | expectation |
      | IM-7.2.1.1-final.1.3 | status | is 200      |

  Scenario: Everybody declines, and the inviter is in the session already
    Given the Controlling Function answers the inviter at once
    And Bob's client answers the invitation with 486
    When Alice invites Bob to a conference
    Then the Controlling Function sends Alice a BYE where
      | requirement        | field  | expectation                      |
      | IM-7.2.1.1-final.2 | method | is BYE                           |
      | IM-7.2.1.1-final.2 | order  | is after Bob's 486 to the INVITE |

  Scenario: Too many users for a factory that is not allocated
    Given the conference factory is not allocated
    And ad-hoc sessions have room for 1 invited user
    When Alice invites Bob and Carol to a conference
    Then the Controlling Function answers Alice's INVITE where
      | requirement      | field  | expectation |
      | IM-7.2.1.1-order | status | is 404      |

  Scenario: Too many users, invited by somebody who may not
    Given only Carol may use the conference factory
    And ad-hoc sessions have room for 1 invited user
    When Alice invites Bob and Carol to a conference
    Then the Controlling Function answers Alice's INVITE where
      | requirement      | field  | expectation |
      | IM-7.2.1.1-order | status | is 403      |

  Scenario: 3GPP IMS
    Given the SIP/IP core is a 3GPP IMS
    When Alice invites Bob to a conference
    Then the Controlling Function sends Bob an INVITE where
      | requirement    | field                   | expectation        |
      | IM-7.2.1.1-ims | P-Asserted-Identity URI | is Alice's address |
    And the Controlling Function answers Alice's INVITE where
      | requirement    | field               | expectation |
      | IM-7.2.1.1-ims | P-Asserted-Identity | is present  |
