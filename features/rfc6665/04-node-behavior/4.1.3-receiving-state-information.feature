@im-client @mid-session @conferences
Feature: 4.1.3 Receiving and Processing State Information

  How a client that has subscribed to a conference meets its notifications.

  Background:
    Given Alice's IM client is under test
    And Bob and Carol are registered IM users

  Scenario: A notification
    When Alice invites Bob and Carol to a conference
    And Alice subscribes to the conference
    Then Alice's client answers the NOTIFY where
      | requirement     | field                    | expectation |
      | RFC6665-4.1.3-2 | status                   | is 200      |
      | RFC6665-4.1.3-2 | seconds after the NOTIFY | at most 5   |

  Scenario: The subscription is kept
    Given the conference server changes what it sends
      | message          | change                                             |
      | 200 to SUBSCRIBE | set header Expires to 120                          |
      | NOTIFY           | set parameter expires of Subscription-State to 120 |
    When Alice invites Bob and Carol to a conference
    And Alice subscribes to the conference
    And 130 seconds pass
    Then Alice's client sends another SUBSCRIBE where
      | requirement       | field                                  | expectation  |
      | RFC6665-4.1.2.2-1 | method                                 | is SUBSCRIBE |
      | RFC6665-4.1.2.2-1 | To tag                                 | is present   |
      | RFC6665-4.1.2.2-1 | seconds after the 200 to the SUBSCRIBE | at most 120  |

  @invalid
  Scenario: A notification of an unknown subscription
    Given the conference server changes what it sends
      | message | change                                |
      | NOTIFY  | set header Call-ID to nobody-knows-it |
    When Alice invites Bob and Carol to a conference
    And Alice subscribes to the conference
    Then Alice's client answers the NOTIFY where
      | requirement     | field  | expectation |
      | RFC6665-4.1.3-1 | status | is 481      |
    And Alice is not told "participants" [RFC6665-4.1.3-1]

  @invalid
  Scenario Outline: A notification that cannot be understood
    Given the conference server changes what it sends
      | message    | change   |
      | 1st NOTIFY | <change> |
    When Alice invites Bob and Carol to a conference
    And Alice subscribes to the conference
    And Alice sends "Hello everybody" in the session
    Then Alice's client answers the NOTIFY where
      | requirement     | field  | expectation                  |
      | RFC6665-4.1.3-2 | status | is one of 200, 400, 415, 489 |
    And Alice is not told "participants" [RFC6665-4.1.3-2]
    And Alice's client sends the message over MSRP where
      | requirement     | field  | expectation             |
      | RFC6665-4.1.3-2 | chunks | carry the whole message |

    Examples:
      | flaw        | change                                        |
      | broken XML  | replace </conference-info> with </conference> |
      | no version  | replace version= with revision=               |
      | other type  | set header Content-Type to text/plain         |
      | no document | set body to Hello                             |
