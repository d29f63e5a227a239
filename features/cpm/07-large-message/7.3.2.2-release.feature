@cpm-client @mid-session @large-messages
Feature: 7.3.2.2 Large Message Session release

  The CPM client ends the session by itself once the message is delivered.

  Background:
    Given Alice's CPM client is under test
    And Bob is a registered CPM user

  Scenario: After delivery
    Given Bob's client leaves the MSRP connection open
    When Alice sends Bob a message of 20000 bytes
    Then Alice's client sends a BYE where
      | requirement       | field             | expectation                                |
      | CPM-7.3.2.2-1     | method            | is BYE                                     |
      | CPM-7.3.2.2-1     | mandatory headers | are complete                               |
      | CPM-7.3.2.2-1     | To tag            | is present                                 |
      | CPM-7.3.2.2-2     | Request-URI       | is the Contact of the 200 to the INVITE    |
      | CPM-7.3.2.2-3     | next hop          | is the SIP/IP core                         |
      | CPM-7.3.2.2-3     | Route             | is present                                 |
    And Alice's client closes the MSRP connection where
      | requirement       | field                               | expectation |
      | CPM-7.3.2.2-200   | seconds after the 200 to the BYE    | at most 10  |

  @inopportune
  Scenario Outline: The release is refused
    Given Bob's client changes what it sends
      | message    | change              |
      | 200 to BYE | set status <status> |
    And Bob's client leaves the MSRP connection open
    When Alice sends Bob a message of 20000 bytes
    Then Alice's client closes the MSRP connection where
      | requirement       | field             | expectation |
      | CPM-7.3.2.2-200   | seconds after the BYE | at most 40 |

    Examples:
      | status |
      | 408    |
      | 481    |
