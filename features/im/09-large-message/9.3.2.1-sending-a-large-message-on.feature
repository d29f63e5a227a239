@controlling-function @originating
Feature: 9.3.2.1 Large message sent on to the recipients

  The server invites each recipient to one message of the size that the sender said, and hands it on to whoever accepts.

  Background:
    Given the Controlling Function is under test
    And Alice, Bob and Carol are registered IM users

  Scenario: Two recipients
    When Alice sends Bob, Carol and Bob a message of 20000 bytes
    Then the Controlling Function sends Bob an INVITE where
      | requirement     | field                      | expectation                      |
      | IM-9.3.2.1-1    | Contact                    | has feature tag isfocus          |
      | IM-9.3.2.1-1    | Contact                    | has feature tag +g.oma.sip-im    |
      | IM-9.3.2.1-1    | Accept-Contact             | has feature tag +g.oma.sip-im    |
      | IM-9.3.2.1-1    | User-Agent                 | states the IM server release     |
      | IM-9.3.2.1-1    | mandatory headers          | are complete                     |
      | IM-9.3.2.1-2    | Request-URI                | is Bob's address                 |
      | IM-9.3.2.1-4.1  | part application/sdp       | is present                       |
      | IM-9.3.2.1-4.1  | SDP                        | is well-formed                   |
      | IM-9.3.2.1-4.1  | SDP                        | is a valid offer                 |
      | IM-9.3.2.1-4.2  | SDP attribute accept-types | is present                       |
      | IM-9.3.2.1-4.2  | SDP format                 | is *                             |
      | IM-9.3.2.1-4a   | SDP path                   | is present                       |
      | IM-9.3.2.1-4a   | SDP path                   | is not Alice's path              |
      | IM-9.3.2.1-4b.1 | SDP media                  | is message                       |
      | IM-9.3.2.1-4b.1 | SDP protocol               | is one of TCP/MSRP, TCP/TLS/MSRP |
      | IM-9.3.2.1-4c   | SDP direction              | is sendonly                      |
      | IM-9.3.2.1-4c   | SDP attribute filesize     | is the size of the message       |
      | IM-9.3.2.1-5    | next hop                   | is the SIP/IP core               |
    And the Controlling Function sends Bob 1 INVITE in all [IM-9.3.2.1-2]
    And the Controlling Function sends Carol 1 INVITE in all [IM-9.3.2.1-2]
    And the Controlling Function sends Bob the message over MSRP where
      | requirement      | field   | expectation             |
      | IM-9.3.2.1-200.3 | chunks  | carry the whole message |
      | IM-9.3.2.1-200.3 | content | is the message          |
    And the Controlling Function sends Carol the message over MSRP where
      | requirement      | field   | expectation    |
      | IM-9.3.2.1-200.3 | content | is the message |
    And the Controlling Function receives the message from Alice over MSRP where
      | requirement    | field           | expectation             |
      | IM-9.3.2.1-ed2 | success reports | cover the whole message |
    And the Controlling Function sends Bob a BYE where
      | requirement       | field       | expectation                             |
      | IM-9.3.2.1-200.2  | Request-URI | is the Contact of the 200 to the INVITE |
      | IM-9.3.2.1-prov.2 | Request-URI | is the Contact of the 200 to the INVITE |
      | IM-9.3.2.1-ed1.1  | method      | is BYE                                  |
    And the Controlling Function sends Carol a BYE where
      | requirement      | field  | expectation |
      | IM-9.3.2.1-ed1.1 | method | is BYE      |

  Scenario: The sender offers one type
    Given Alice's client changes what it sends
      | message | change                                       |
      | INVITE  | set SDP attribute accept-types to text/plain |
    When Alice sends Bob and Carol a message of 20000 bytes
    Then the Controlling Function sends Bob an INVITE where
      | requirement     | field                      | expectation   |
      | IM-9.3.2.1-4b.2 | SDP attribute accept-types | is text/plain |

  Scenario: The members of a group
    Given Friends is a pre-defined group of Alice, Bob and Carol
    When Alice sends the group Friends a message of 20000 bytes
    Then the Controlling Function sends Bob an INVITE where
      | requirement  | field       | expectation      |
      | IM-9.3.2.1-3 | Request-URI | is Bob's address |
    And the Controlling Function sends Carol 1 INVITE in all [IM-9.3.2.1-3]
    And the Controlling Function sends Alice no INVITE [IM-9.3.2.1-3]

  Scenario: Who may not send, reaches nobody
    Given only Carol may use the conference factory
    When Alice sends Bob and Carol a message of 20000 bytes
    Then the Controlling Function sends Bob no INVITE [IM-9.3.2.1-0]

  Scenario: A recipient that rings does not know UPDATE
    Given the Controlling Function asks for a session interval of 90 seconds with refresher uac
    And Bob's client changes what it sends
      | message       | change                                       |
      | 180 to INVITE | set header Allow to INVITE, ACK, CANCEL, BYE |
      | 200 to INVITE | drop header Allow                            |
    And Alice's client changes what it sends
      | message        | change     |
      | last MSRP SEND | swallow    |
      | BYE            | delay 70 s |
    When Alice sends Bob and Carol a message of 20000 bytes
      | option    | value     |
      | file name | notes.txt |
    Then the Controlling Function sends Bob a 2nd INVITE where
      | requirement       | field  | expectation |
      | IM-9.3.2.1-prov.1 | method | is INVITE   |
    And the Controlling Function sends Bob no UPDATE [IM-9.3.2.1-prov.1]

  Scenario: A recipient that accepts does not know UPDATE
    Given the Controlling Function asks for a session interval of 90 seconds with refresher uac
    And Bob's client allows INVITE, ACK, CANCEL, BYE
    And Alice's client changes what it sends
      | message        | change     |
      | last MSRP SEND | swallow    |
      | BYE            | delay 70 s |
    When Alice sends Bob and Carol a message of 20000 bytes
    Then the Controlling Function sends Bob a 2nd INVITE where
      | requirement      | field  | expectation |
      | IM-9.3.2.1-200.1 | method | is INVITE   |
    And the Controlling Function sends Bob no UPDATE [IM-9.3.2.1-200.1]

  Scenario: A recipient writes back
    Given the SIP/IP core changes what it sends
      | message    | change                     |
      | 2nd INVITE | set SDP direction sendrecv |
    And Bob's client changes what it sends
      | message       | change                     |
      | 200 to INVITE | set SDP direction recvonly |
    And Alice's client changes what it sends
      | message   | change     |
      | MSRP SEND | swallow    |
      | BYE       | delay 70 s |
    When Alice sends Bob and Carol a message of 20000 bytes
    And 20 seconds pass
    And Bob sends "Thanks" in the session
    Then the Controlling Function receives the message from Bob over MSRP where
      | requirement      | field     | expectation          |
      | IM-9.3.2.1-ed1.2 | responses | acknowledge with 403 |

  Scenario: 3GPP IMS
    Given the SIP/IP core is a 3GPP IMS
    When Alice sends Bob and Carol a message of 20000 bytes
    Then the Controlling Function sends Bob an INVITE where
      | requirement    | field                   | expectation        |
      | IM-9.3.2.1-ims | P-Asserted-Identity URI | is Alice's address |
