@controlling-function @mid-session
Feature: 7.2.1.5 IM Session modification

  A participant asks for other media by re-INVITE or UPDATE: the server takes what it can of them and goes over to them,
  or refuses and leaves the session as it was.

  Background:
    Given the Controlling Function is under test
    And Alice and Bob are registered IM users

  Scenario: A new path by re-INVITE
    When Alice invites Bob to a conference
    And Alice modifies the session at a new MSRP path
    And Bob sends "Hello" in the session
    Then the Controlling Function answers Alice's 2nd INVITE where
      | requirement     | field                      | expectation              |
      | IM-7.2.1.5-1    | status                     | is 200                   |
      | IM-7.2.1.5-3    | status                     | is 200                   |
      | IM-7.2.1.5-3    | Contact                    | has feature tag isfocus  |
      | IM-7.2.1.5-3a.1 | SDP                        | is well-formed           |
      | IM-7.2.1.5-3a.1 | SDP                        | answers the offer        |
      | IM-7.2.1.5-3a.2 | SDP attribute accept-types | is a subset of the offer |
      | IM-7.2.1.5-3b   | mandatory headers          | are complete             |
    And the Controlling Function sends Alice the message over MSRP where
      | requirement  | field        | expectation            |
      | IM-7.2.1.5-2 | MSRP To-Path | is Alice's latest path |

  Scenario: A new path by UPDATE
    When Alice invites Bob to a conference
    And Alice modifies the session by UPDATE at a new MSRP path
    And Bob sends "Hello" in the session
    Then the Controlling Function answers Alice's UPDATE where
      | requirement     | field                      | expectation              |
      | IM-7.2.1.5-3    | status                     | is 200                   |
      | IM-7.2.1.5-3a.1 | SDP                        | answers the offer        |
      | IM-7.2.1.5-3a.2 | SDP attribute accept-types | is a subset of the offer |
      | IM-7.2.1.5-3b   | mandatory headers          | are complete             |
    And the Controlling Function sends Alice the message over MSRP where
      | requirement  | field        | expectation            |
      | IM-7.2.1.5-2 | MSRP To-Path | is Alice's latest path |

  Scenario: Media that cannot be had
    Given Alice's client changes what it sends
      | message    | change                   |
      | 2nd INVITE | set SDP protocol RTP/AVP |
    When Alice invites Bob to a conference
    And Alice modifies the session
    And Bob sends "Hello" in the session
    Then the Controlling Function answers Alice's 2nd INVITE where
      | requirement  | field  | expectation |
      | IM-7.2.1.5-1 | status | is 488      |
    And the Controlling Function sends Alice no BYE [IM-7.2.1.5-1]
    And the Controlling Function sends Alice the message over MSRP where
      | requirement  | field  | expectation             |
      | IM-7.2.1.5-1 | chunks | carry the whole message |

  Scenario: The others are taken along
    Given the Controlling Function takes changes of the media on to everybody
    And Alice's client changes what it sends
      | message    | change                                               |
      | 2nd INVITE | set SDP attribute accept-wrapped-types to text/plain |
    When Alice invites Bob to a conference
    And Alice modifies the session
    Then the Controlling Function refreshes the session where
      | requirement     | field                              | expectation      |
      | IM-7.2.1.5-note | To URI                             | is Bob's address |
      | IM-7.2.1.5-note | SDP attribute accept-wrapped-types | is text/plain    |

  Scenario: 3GPP IMS
    Given the SIP/IP core is a 3GPP IMS
    And Alice's client changes what it sends
      | message    | change                                            |
      | 2nd INVITE | add header P-Charging-Vector to icid-value=imspec |
    When Alice invites Bob to a conference
    And Alice modifies the session
    Then the Controlling Function answers Alice's 2nd INVITE where
      | requirement    | field             | expectation          |
      | IM-7.2.1.5-ims | P-Charging-Vector | is icid-value=imspec |
