@im-client @originating
Feature: 22.2 User-to-User Authentication

  The registrar asks with 401 for a password, and the client registers again with credentials.

  Background:
    Given Alice's IM client is under test
    And Alice is offline

  Scenario: A registration
    Given the SIP/IP core asks for passwords
    When Alice registers
    Then Alice's client sends a REGISTER where
      | requirement     | field         | expectation           |
      | RFC3261-22.2-1  | Authorization | answers the challenge |

  Scenario: The body counts too
    Given the SIP/IP core asks for passwords, also for bodies
    When Alice registers
    Then Alice's client sends a REGISTER where
      | requirement     | field         | expectation           |
      | RFC3261-22.4-1  | Authorization | answers the challenge |

  Scenario: The next registration
    Given the SIP/IP core asks for passwords, and says what comes next
    When Alice registers
    And Alice registers again
    Then Alice's client sends another REGISTER where
      | requirement     | field         | expectation           |
      | RFC3261-22.4-2  | Authorization | answers the challenge |
