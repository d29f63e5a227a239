@history-function @terminating
Feature: 13.2.1.1 General

  A user asks the History Function for items of what was recorded for him. It has to know for sure who asks, wants him
  to receive only and to name the items, and gives him those that are his own.

  Background:
    Given the history store is under test
    And the SIP/IP core is a 3GPP IMS
    And Alice is a registered IM user
    And Bob is a registered IM user
    And the history store holds 3 messages for Alice

  Scenario: The 200
    When Alice retrieves the 2nd history message
    Then the history store answers the INVITE where
      | requirement         | field                      | expectation                    |
      | IM-13.2.1.1-pai.1   | message                    | is well-formed                 |
      | IM-13.2.1.1-pai.1   | mandatory headers          | are complete                   |
      | IM-13.2.1.1-pai.1   | To tag                     | is present                     |
      | IM-13.2.1.1-pai.1   | Record-Route               | is present                     |
      | IM-13.2.1.1-pai.2   | Server                     | states the IM server release   |
      | IM-13.2.1.1-pai.3   | Allow                      | lists INVITE, ACK, CANCEL, BYE |
      | IM-13.2.1.1-pai.4   | Contact                    | is present                     |
      | IM-13.2.1.1-pai.4   | Contact URI                | is not the history store       |
      | IM-13.2.1.1-pai.5   | SDP                        | answers the offer              |
      | IM-13.2.1.1-pai.5   | SDP path                   | is present                     |
      | IM-13.2.1.1-pai.5   | SDP attribute accept-types | is present                     |
      | IM-13.2.1.1-pai.5a  | SDP direction              | is sendonly                    |
      | IM-13.2.1.1-pai.6   | status                     | is 200                         |
      | IM-13.2.1.1-ims     | P-Charging-Vector          | is present                     |

  Scenario: Receiving only
    When Alice retrieves the 2nd history message
    Then the history store answers the INVITE where
      | requirement     | field  | expectation |
      | IM-13.2.1.1-4.2 | status | is 200      |

  Scenario: One item
    When Alice retrieves the 2nd history message
    Then the history store sends Alice the 2nd stored message and no other [IM-13.2.1.1-del.2]
    And the history store sends Alice the message over MSRP where
      | requirement        | field         | expectation                           |
      | IM-13.2.1.1-del.2  | content       | is the 2nd stored message             |
      | IM-13.2.1.1-del.3  | chunks        | follow RFC 4975                       |
      | IM-13.2.1.1-del.3  | CPIM From     | is Bob's address                      |
      | IM-13.2.1.1-del.3  | CPIM To       | is Alice's address                    |
      | IM-13.2.1.1-del.3  | CPIM DateTime | is the date of the 2nd stored message |

  Scenario: Several items
    When Alice retrieves the 1st, 2nd and 3rd history messages
    Then the history store sends Alice 3 messages over MSRP in all [IM-13.2.1.1-del.1]
    And the history store sends Alice the 1st, 2nd and 3rd stored messages and no other [IM-13.2.1.1-del.1]

  Scenario: A reference to nothing
    When Alice retrieves the 1st, 9th and 3rd history messages
    Then the history store sends Alice the 1st and 3rd stored messages and no other [IM-13.2.1.1-del.1]

  Scenario: Somebody else's items
    When Bob retrieves the 1st and 2nd history messages
    Then the history store sends Bob no chunk [IM-13.2.1.1-pai.0]

  Scenario: Refresh without UPDATE
    Given Alice's client allows INVITE, ACK, CANCEL, BYE
    And Alice's client changes what it sends
      | message  | change                                          |
      | INVITE   | set header Session-Expires to 90;refresher=uas  |
      | MSRP 200 | delay 20 s                                      |
    When Alice retrieves the 1st, 2nd and 3rd history messages
    Then the history store sends Alice no UPDATE [IM-13.2.1.1-3]
    And the history store refreshes the session where
      | requirement   | field  | expectation |
      | IM-13.2.1.1-3 | method | is INVITE   |

  @invalid
  Scenario: Nobody knows who asks
    Given the SIP/IP core changes what it sends
      | message | change                          |
      | INVITE  | drop header P-Asserted-Identity |
    When Alice retrieves the 1st history message
    Then the history store answers the INVITE where
      | requirement    | field  | expectation  |
      | IM-13.2.1.1-1  | status | at least 400 |
      | IM-13.2.1.1-1a | status | at least 400 |
      | IM-13.2.1.1-1a | status | at most 499  |
    And the history store sends Alice no chunk [IM-13.2.1.1-1a]

  @invalid
  Scenario Outline: A direction that is not recvonly
    Given Alice's client changes what it sends
      | message | change   |
      | INVITE  | <change> |
    When Alice retrieves the 1st history message
    Then the history store answers the INVITE where
      | requirement     | field  | expectation |
      | IM-13.2.1.1-4.1 | status | is 403      |
    And the history store sends Alice no chunk [IM-13.2.1.1-4.1]

    Examples:
      | flaw      | change                     |
      | sendrecv  | set SDP direction sendrecv |
      | sendonly  | set SDP direction sendonly |
      | none      | drop SDP direction         |

  @invalid
  Scenario: No list
    When Alice retrieves all history messages
    Then the history store answers the INVITE where
      | requirement   | field  | expectation  |
      | IM-13.2.1.1-5 | status | at least 400 |
      | IM-13.2.1.1-5 | status | at most 499  |
    And the history store sends Alice no chunk [IM-13.2.1.1-5]

  @inopportune
  Scenario: The user leaves before everything is there
    Given Alice releases the session once 1 chunks have come
    When Alice retrieves the 1st, 2nd and 3rd history messages
    Then the history store answers the BYE where
      | requirement       | field  | expectation |
      | IM-13.2.1.1-pai.4 | status | is 200      |
    And the history store sends Alice no chunk after the BYE [RFC4975-7.1.1-1]
