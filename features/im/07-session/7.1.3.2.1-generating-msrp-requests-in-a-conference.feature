@im-client @mid-session @conferences
Feature: 7.1.3.2.1 Generating MSRP requests in an IM Conference

  In a conference messages are wrapped in CPIM, which says who they are from and that they are for everybody.

  Background:
    Given Alice's IM client is under test
    And Bob and Carol are registered IM users

  Scenario: In an ad-hoc conference
    When Alice invites Bob and Carol to a conference
    And Alice sends "Hello everybody" in the session
    Then Alice's client sends the message over MSRP where
      | requirement         | field             | expectation             |
      | IM-7.1.3.2.1-0.1    | chunks            | follow RFC 4975         |
      | IM-7.1.3.2.1-0.1    | chunks            | carry the whole message |
      | IM-7.1.3.2.1-0.2    | MSRP Content-Type | is message/cpim         |
      | IM-7.1.3.2.1-0.2    | CPIM message      | is well-formed          |
      | IM-7.1.3.2.1-0.2    | content           | is the message          |
      | IM-7.1.3.2.1-to.2   | CPIM To           | is the session identity |
      | IM-7.1.3.2.1-from.1 | CPIM From         | is Alice's address      |

  Scenario: In a pre-defined conference
    Given Friends is a pre-defined group of Alice, Bob and Carol
    When Alice joins the group Friends
    And Alice sends "Hello everybody" in the session
    Then Alice's client sends the message over MSRP where
      | requirement         | field             | expectation          |
      | IM-7.1.3.2.1-0.2    | MSRP Content-Type | is message/cpim      |
      | IM-7.1.3.2.1-0.2    | content           | is the message       |
      | IM-7.1.3.2.1-to.1   | CPIM To           | is the group Friends |
      | IM-7.1.3.2.1-from.1 | CPIM From         | is Alice's address   |

  Scenario: Of one who was invited
    When Bob invites Alice and Carol to a conference
    And Alice sends "Hello everybody" in the session
    Then Alice's client sends the message over MSRP where
      | requirement         | field     | expectation             |
      | IM-7.1.3.2.1-to.2   | CPIM To   | is the session identity |
      | IM-7.1.3.2.1-from.1 | CPIM From | is Alice's address      |

  Scenario: Anonymously
    When Alice invites Bob and Carol to a conference anonymously
    And Alice sends "Guess who" in the session
    Then Alice's client sends an INVITE where
      | requirement         | field   | expectation  |
      | IM-7.1.3.2.1-from.2 | Privacy | has value id |
    And Alice's client sends the message over MSRP where
      | requirement         | field     | expectation               |
      | IM-7.1.3.2.1-from.2 | CPIM From | is the From of the INVITE |
      | IM-7.1.3.2.1-from.2 | CPIM From | is not Alice's address    |

  @invalid
  Scenario: The switch takes no message
    Given the conference server changes what it sends
      | message  | change                     |
      | MSRP 200 | set status 403 Not Allowed |
    When Alice invites Bob and Carol to a conference
    And Alice sends "Hello everybody" in the session
    Then Alice is told "failed" [RFC4975-5.3-1]
    And Alice's client sends no BYE [RFC4975-5.3-1]
