@im-client @terminating @pager
Feature: 7.2.1 Constructing IMDNs

  The recipient's client tells the sender that a message arrived, once and only where it was asked to.

  Background:
    Given Alice's IM client is under test
    And Bob is a registered IM user

  Scenario: A delivery report is asked for
    When Bob sends Alice a message of 200 bytes
      | option          | value |
      | delivery report | yes   |
    Then Alice's client answers the MESSAGE where
      | requirement  | field  | expectation        |
      | RFC3428-7-1  | status | is one of 200, 202 |
    And Alice is told "message" [RFC3428-7-5]
    And Alice's client sends a MESSAGE where
      | requirement        | field                         | expectation                     |
      | RFC5438-12.1.3.1-1 | method                        | is MESSAGE                      |
      | RFC5438-12.1.3.1-1 | IMDN status                   | is delivered                    |
      | RFC5438-7.2.1-1    | IMDN message-id               | is the Message-ID of the message |
      | RFC5438-7.2.1-2    | CPIM Disposition-Notification | is absent                       |
      | RFC5438-7.2.1-3    | Content-Type                  | is message/cpim                 |
      | RFC5438-7.2.1-3    | CPIM From                     | is present                      |

  Scenario: No report is asked for
    When Bob sends Alice a message of 200 bytes
    Then Alice's client sends no MESSAGE [RFC5438-12.1.3.1-2]

  Scenario: Only a failure is to be reported
    Given Bob's client changes what it sends
      | message | change                                           |
      | MESSAGE | replace positive-delivery with negative-delivery |
    When Bob sends Alice a message of 200 bytes
      | option          | value |
      | delivery report | yes   |
    Then Alice's client sends no MESSAGE [RFC5438-12.1.3.1-2]

  @inopportune
  Scenario: A report that asks for a report
    Given Bob's client changes what it sends
      | message | change                                                                                             |
      | MESSAGE | replace imdn.Message-ID with imdn.Disposition-Notification: positive-delivery<CRLF>imdn.Message-ID |
    And Bob's client sends the delivery report 5 seconds after the message
    When Alice sends Bob a message of 200 bytes
      | option          | value |
      | delivery report | yes   |
    Then Alice is told "delivered" [IM-8.1.1-202.2]
    And Alice's client sends no MESSAGE after the 200 to the MESSAGE [RFC5438-7.2.1-4]
