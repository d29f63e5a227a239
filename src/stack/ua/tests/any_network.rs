//! Any network: lost, doubled and reordered datagrams.

use proptest::prelude::*;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Whatever datagrams are lost, doubled and reordered: every call ends, on both sides, and nothing is left.
    #[test]
    fn brings_every_call_to_its_end(seed: u64, loss in 0u64..45, doubling in 0u64..60, jitter in 0u64..900, cancel: bool) {
        let mut pump = Pump::new(vec![agent(A, &|_, _| {}), agent(B, &|_, _| {})], seed);
        (pump.loss, pump.doubling, pump.jitter) = (loss, doubling, jitter);
        let a = pump.act(0, |agent, now| agent.invite(now, invitation(sdp("offer"))));
        let mut ends = [0, 0];
        for step in 0..120 {
            pump.run_for(secs(1));
            for (node, ends) in ends.iter_mut().enumerate() {
                while let Some(event) = pump.nodes[node].1.poll_event() {
                    match event {
                        UaEvent::Incoming { call, .. } => {
                            pump.act(node, |agent, now| agent.answer(now, call, 200, Headers::new(), sdp("answer")));
                        }
                        UaEvent::Bye { .. } | UaEvent::Ended { .. } | UaEvent::Cancelled { .. }
                        | UaEvent::Failed { .. } | UaEvent::Rejected { .. } => *ends += 1,
                        _ => {}
                    }
                }
            }
            if cancel && step == 0 {
                pump.act(0, |agent, now| agent.cancel(now, a));
            }
            if step == 40 {
                pump.act(0, |agent, now| agent.bye(now, a));
            }
        }
        prop_assert_eq!(ends[0], 1, "the caller's call ends once: {:?}", pump.log);
        prop_assert!(ends[1] <= 1, "the called side's at most once: {:?}", pump.log);
        // The called side has no call any more, or one whose BYE never came: then its user ends it.
        let left: Vec<CallId> = pump.nodes[1].1.calls().collect();
        for call in left {
            pump.act(1, |agent, now| agent.bye(now, call));
        }
        prop_assert!(pump.at_rest());
    }
}
