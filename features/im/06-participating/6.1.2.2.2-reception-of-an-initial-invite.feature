@participating-function @originating
Feature: 6.1.2.2.2 Reception of an initial SIP INVITE IM Session request

  Try.

  Scenario: In the media path
    Given the Participating Function is under test
    And Alice and Bob are registered IM users
    And the Participating Function serves Alice and stays in the media path
    When Alice invites Bob to a session
    And Alice sends "Hello" in the session
    And Bob sends "You too" in the session
    And Alice releases the session
    Then the Participating Function sends Bob an INVITE where
      | requirement     | field  | expectation |
      | IM-6.1.2.22-1d  | method | is INVITE   |

  Scenario: Large message
    Given the Participating Function is under test
    And Alice and Bob are registered IM users
    And the Participating Function serves Alice and stays in the media path
    When Alice sends Bob a message of 20000 bytes
    Then the Participating Function sends Bob an INVITE where
      | requirement     | field  | expectation |
      | IM-6.1.2.22-1d  | method | is INVITE   |

  Scenario: Proxy
    Given the Participating Function is under test
    And Alice and Bob are registered IM users
    And the Participating Function serves Alice and only forwards signalling
    When Alice invites Bob to a session
    And Alice sends "Hello" in the session
    And Bob sends "You too" in the session
    And Bob modifies the session by UPDATE at a new MSRP path
    And Alice releases the session
    Then the Participating Function sends Bob an INVITE where
      | requirement     | field  | expectation |
      | IM-6.1.2.22-1d  | method | is INVITE   |
