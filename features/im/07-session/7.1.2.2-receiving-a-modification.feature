@im-client @mid-session @sessions
Feature: 7.1.2.2 IM Client receiving an IM Session modification request

  The peer asks for other media by re-INVITE or UPDATE: the client takes what it can of them, or refuses and
  leaves the session as it was.

  Background:
    Given Alice's IM client is under test
    And Bob is a registered IM user

  Scenario: Modification by re-INVITE
    When Alice invites Bob to a session
    And Bob modifies the session
    Then Alice's client answers the INVITE where
      | requirement    | field             | expectation                 |
      | IM-7.1.2.2-1.1 | status            | is 200                      |
      | IM-7.1.2.2-3   | mandatory headers | are complete                |
      | IM-7.1.2.2-3   | message           | is well-formed              |
      | IM-7.1.2.2-3   | Contact           | is present                  |
      | IM-7.1.2.2-4.1 | Session-Expires   | is present                  |
      | IM-7.1.2.2-4.2 | Session-Expires   | has parameter refresher uas |
      | IM-7.1.2.2-5   | Supported         | has option tag timer        |
      | IM-7.1.2.2-6   | SDP               | is well-formed              |
      | IM-7.1.2.2-6   | SDP               | answers the offer           |
      | IM-7.1.2.2-7   | next hop          | is the SIP/IP core          |

  Scenario: Modification by UPDATE
    Given Bob's client changes what it sends
      | message | change                                        |
      | UPDATE  | drop parameter refresher from Session-Expires |
    When Bob invites Alice to a session
    And Bob modifies the session by UPDATE
    Then Alice's client answers the UPDATE where
      | requirement    | field             | expectation                 |
      | IM-7.1.2.2-1.1 | status            | is 200                      |
      | IM-7.1.2.2-3   | mandatory headers | are complete                |
      | IM-7.1.2.2-3   | Contact           | is present                  |
      | IM-7.1.2.2-4.1 | Session-Expires   | is present                  |
      | IM-7.1.2.2-4.2 | Session-Expires   | has parameter refresher uas |
      | IM-7.1.2.2-5   | Supported         | has option tag timer        |
      | IM-7.1.2.2-6   | SDP               | answers the offer           |
      | IM-7.1.2.2-7   | next hop          | is the SIP/IP core          |

  Scenario: The inviter wants to refresh
    When Bob invites Alice to a session
    And Bob modifies the session by UPDATE
    Then Alice's client answers the UPDATE where
      | requirement    | field           | expectation             |
      | IM-7.1.2.2-4.2 | Session-Expires | agrees with the request |

  Scenario: Some of the types are known
    Given Bob's client changes what it sends
      | message | change                                                            |
      | INVITE  | set SDP attribute accept-types to text/plain application/x-unseen |
    When Alice invites Bob to a session
    And Bob modifies the session
    Then Alice's client answers the INVITE where
      | requirement    | field                      | expectation              |
      | IM-7.1.2.2-1.1 | status                     | is 200                   |
      | IM-7.1.2.2-1a  | SDP attribute accept-types | is a subset of the offer |

  Scenario: The peer moves to a new path
    When Alice invites Bob to a session
    And Bob modifies the session by UPDATE at a new MSRP path
    And Alice sends "Are you there?" in the session
    Then Alice's client sends the message over MSRP where
      | requirement  | field        | expectation          |
      | IM-7.1.2.2-2 | MSRP To-Path | is Bob's latest path |
      | IM-7.1.2.2-2 | content      | is the message       |

  Scenario: The peer wants nothing any more
    Given Bob's client changes what it sends
      | message | change                     |
      | UPDATE  | set SDP direction inactive |
    When Alice invites Bob to a session
    And Bob modifies the session by UPDATE
    And Alice sends "Are you there?" in the session
    Then Alice's client answers the UPDATE where
      | requirement    | field         | expectation |
      | IM-7.1.2.2-1.1 | status        | is 200      |
      | IM-7.1.2.2-6   | SDP direction | is inactive |
    And Alice's client sends no chunk after the 200 to the UPDATE [IM-7.1.2.2-2]

  Scenario: The session timer starts again
    Given Bob's client changes what it sends
      | message | change                                         |
      | UPDATE  | set header Session-Expires to 90;refresher=uas |
    When Alice invites Bob to a session
    And Bob modifies the session by UPDATE
    And 100 seconds pass
    Then Alice's client refreshes the session where
      | requirement    | field                               | expectation |
      | IM-7.1.2.2-4.3 | seconds after the 200 to the UPDATE | at most 50  |

  @ims
  Scenario: 3GPP IMS
    Given the SIP/IP core is a 3GPP IMS
    When Alice invites Bob to a session
    And Bob modifies the session
    Then Alice's client answers the INVITE where
      | requirement    | field                 | expectation |
      | IM-7.1.2.2-ims | P-Access-Network-Info | is present  |

  @invalid
  Scenario Outline: Nothing of the offer can be had
    Given Bob's client changes what it sends
      | message    | change   |
      | 1st INVITE | <change> |
    When Alice invites Bob to a session
    And Bob modifies the session
    And Alice sends "Are you there?" in the session
    Then Alice's client answers the INVITE where
      | requirement   | field  | expectation |
      | IM-7.1.2.2-1b | status | is 488      |
    And Alice's client sends no BYE [IM-7.1.2.2-1b]
    And Alice's client sends the message over MSRP where
      | requirement   | field        | expectation    |
      | IM-7.1.2.2-1b | MSRP To-Path | is Bob's path  |
      | IM-7.1.2.2-1b | content      | is the message |

    Examples:
      | flaw           | change                                                 |
      | unknown types  | set SDP attribute accept-types to application/x-unseen |
      | other protocol | set SDP protocol RTP/AVP                               |
      | no path        | drop SDP attribute path                                |

  @invalid
  Scenario: The interval is too small
    Given Bob's client changes what it sends
      | message    | change                           |
      | 1st UPDATE | set header Session-Expires to 60 |
    When Alice invites Bob to a session
    And Bob modifies the session by UPDATE
    Then Alice's client answers the UPDATE where
      | requirement | field  | expectation |
      | RFC4028-9-1 | status | is 422      |
      | RFC4028-9-1 | Min-SE | at least 90 |

  @inopportune
  Scenario: Modifications cross
    When Alice invites Bob to a session
    And Alice and Bob modify the session at once
    Then Alice's client answers the INVITE where
      | requirement    | field  | expectation |
      | RFC3261-14.2-3 | status | is 491      |

  @inopportune
  Scenario: Without an offer
    When Alice invites Bob to a session
    And Bob modifies the session without an offer
    Then Alice's client answers the INVITE where
      | requirement    | field  | expectation      |
      | RFC3261-14.2-2 | status | is 200           |
      | RFC3261-14.2-2 | SDP    | is a valid offer |
