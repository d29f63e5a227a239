@controlling-function @mid-session
Feature: 7.2.2.6 IM Session modification

  The server changes the media of one participant, here because another one has changed his: by UPDATE where the
  participant knows it, and it keeps to what holds until he agrees.

  Background:
    Given the Controlling Function is under test
    And the Controlling Function takes changes of the media on to everybody
    And Alice and Bob are registered IM users
    And Alice's client changes what it sends
      | message    | change                                               |
      | 2nd INVITE | set SDP attribute accept-wrapped-types to text/plain |

  Scenario: By UPDATE
    Given Bob's client changes what it sends
      | message       | change                                                         |
      | 200 to UPDATE | set SDP attribute path to {MSRP of Bob's client}/elsewhere;tcp |
    When Alice invites Bob to a conference
    And Alice modifies the session
    And Alice sends "Hello" in the session
    Then the Controlling Function sends Bob an UPDATE where
      | requirement    | field                              | expectation                             |
      | IM-7.2.2.6-1.1 | method                             | is UPDATE                               |
      | IM-7.2.2.6-1.1 | To tag                             | is present                              |
      | IM-7.2.2.6-2   | SDP                                | is well-formed                          |
      | IM-7.2.2.6-2   | SDP                                | is a valid offer                        |
      | IM-7.2.2.6-2   | SDP attribute accept-wrapped-types | is text/plain                           |
      | IM-7.2.2.6-3   | Request-URI                        | is the Contact of the 200 to the INVITE |
      | IM-7.2.2.6-3   | next hop                           | is the SIP/IP core                      |
    And the Controlling Function sends Bob the message over MSRP where
      | requirement      | field        | expectation          |
      | IM-7.2.2.6-200.1 | MSRP To-Path | is Bob's latest path |

  Scenario: By re-INVITE
    Given Bob's client allows INVITE, ACK, CANCEL, BYE
    When Alice invites Bob to a conference
    And Alice modifies the session
    Then the Controlling Function sends Bob a 2nd INVITE where
      | requirement    | field  | expectation      |
      | IM-7.2.2.6-1.1 | To tag | is present       |
      | IM-7.2.2.6-2   | SDP    | is a valid offer |
    And the Controlling Function sends Bob no UPDATE [IM-7.2.2.6-1.2]

  Scenario: The participant does not agree
    Given Bob's client changes what it sends
      | message       | change                                                         |
      | 200 to UPDATE | set SDP attribute path to {MSRP of Bob's client}/elsewhere;tcp |
      | 200 to UPDATE | set status 488 Not Acceptable Here                             |
    When Alice invites Bob to a conference
    And Alice modifies the session
    And Alice sends "Hello" in the session
    Then the Controlling Function sends Bob the message over MSRP where
      | requirement     | field        | expectation   |
      | IM-7.2.2.6-cont | MSRP To-Path | is Bob's path |

  Scenario: 3GPP IMS
    Given the SIP/IP core is a 3GPP IMS
    And Alice's client changes what it sends
      | message    | change                                            |
      | 1st INVITE | add header P-Charging-Vector to icid-value=imspec |
    When Alice invites Bob to a conference
    And Alice modifies the session
    Then the Controlling Function sends Bob an UPDATE where
      | requirement    | field             | expectation          |
      | IM-7.2.2.6-ims | P-Charging-Vector | is icid-value=imspec |
