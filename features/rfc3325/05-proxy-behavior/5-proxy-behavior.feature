@sip-core @ims
Feature: 5 Proxy Behavior

  Within the trusted network of a 3GPP IMS the core says who a request is from, and believes nobody else.

  Background:
    Given the SIP/IP core is under test
    And the SIP/IP core is a 3GPP IMS
    And Alice and Bob are registered IM users

  Scenario: A known sender
    When Alice sends Bob a message of 200 bytes
    Then the SIP/IP core sends Bob a MESSAGE where
      | requirement  | field                    | expectation         |
      | RFC3325-5-1  | P-Asserted-Identity URI  | is Alice's address  |
      | RFC3325-5-3  | P-Preferred-Identity     | is absent           |

  @invalid
  Scenario: A sender who asserts himself
    Given Alice's client changes what it sends
      | message | change                                                      |
      | MESSAGE | set header P-Asserted-Identity to <sip:carol@home1.example> |
    When Alice sends Bob a message of 200 bytes
    Then the SIP/IP core sends Bob a MESSAGE where
      | requirement  | field                | expectation         |
      | RFC3325-5-2  | P-Asserted-Identity  | stands once         |
      | RFC3325-5-2  | P-Asserted-Identity URI | is Alice's address |

  Scenario: A sender who hides
    When Alice sends Bob a message of 200 bytes
      | option    | value |
      | anonymous | yes   |
    Then the SIP/IP core sends Bob a MESSAGE where
      | requirement  | field                | expectation |
      | RFC3325-7-1  | P-Asserted-Identity  | is absent   |
