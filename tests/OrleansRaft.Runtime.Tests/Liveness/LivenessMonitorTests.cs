using OrleansRaft.Core;
using OrleansRaft.Runtime.Liveness;

namespace OrleansRaft.Runtime.Tests.Liveness;

/// <summary>Heartbeats, orphans and names of replicas, step by step under a clock that stands still.</summary>
public sealed class LivenessMonitorTests
{
    private readonly LivenessBench bench = new();

    [Fact]
    public void Every_beat_sends_one_heartbeat_to_every_silo_and_nothing_else()
    {
        bench.Settle();
        bench.Heartbeats.Clear();

        for (var beats = 0; beats < 10; beats++)
        {
            bench.Beat(2, 3);
        }

        bench.Heartbeats.Count(sent => sent.Target == 2).ShouldBe(10);
        bench.Heartbeats.Count(sent => sent.Target == 3).ShouldBe(10);
        bench.Questions.ShouldBeEmpty();
        bench.Interval.ShouldBe(bench.Silos.HeartbeatInterval);
    }

    [Fact]
    public void A_follower_whose_leader_falls_silent_is_unquiesced_and_one_whose_leader_is_heard_is_not()
    {
        var orphan = bench.Host("a", 1).Follow(leader: 2);
        var follower = bench.Host("b", 1).Follow(leader: 3);
        bench.Locate("a", 2, silo: 2);
        bench.Locate("b", 3, silo: 3);
        bench.Settle();

        while (bench.Silos.IsInSight(2))
        {
            bench.Beat(3);
        }

        orphan.Calls.ShouldBe([true]);
        follower.Calls.ShouldBeEmpty();
    }

    [Fact]
    public void A_follower_is_unquiesced_when_its_leader_is_said_to_have_stopped()
    {
        var orphan = bench.Host("a", 1).Follow(leader: 2);
        bench.Locate("a", 2, silo: 2);
        bench.Settle();

        bench.Hear(2, stopped: [new ReplicaKey("a", new ReplicaId(2))]);
        bench.Interval.ShouldBeLessThan(bench.Silos.HeartbeatInterval, "somebody waits");
        bench.Beat(2, 3);

        orphan.Calls.ShouldBe([true]);
        bench.Beat(2, 3);
        bench.Interval.ShouldBe(bench.Silos.HeartbeatInterval);
    }

    [Fact]
    public void A_heartbeat_that_was_overtaken_names_nobody()
    {
        var follower = bench.Host("a", 1).Follow(leader: 2);
        bench.Locate("a", 2, silo: 2);
        bench.Settle();

        bench.Monitor.OnHeartbeat(2, new SiloHeartbeat(0, 1, [new ReplicaKey("a", new ReplicaId(2))], []));
        bench.Beat(2, 3);

        follower.Calls.ShouldBeEmpty();
    }

    [Fact]
    public void A_replica_that_stopped_is_named_for_three_seconds()
    {
        bench.Settle();
        bench.Monitor.Stopped(new ReplicaKey("a", new ReplicaId(1)));
        bench.Beat(2, 3);
        bench.Heartbeats[^1].Heartbeat.Stopped.ShouldBe([new ReplicaKey("a", new ReplicaId(1))]);

        bench.Time.Advance(TimeSpan.FromSeconds(3));
        bench.Beat(2, 3);

        bench.Heartbeats[^1].Heartbeat.Stopped.ShouldBeEmpty();
    }

    [Fact]
    public void Where_too_many_stop_to_be_named_the_silos_compare()
    {
        bench.Settle();
        var session = bench.Silos.Get(2).Session;

        for (var replica = 1; replica <= 4_097; replica++)
        {
            bench.Monitor.Stopped(new ReplicaKey("a", new ReplicaId(replica)));
        }

        bench.Silos.Get(2).Session.ShouldBe(session + 1);
    }

    [Fact]
    public void A_quiescent_leader_that_may_not_speak_is_named_as_if_it_had_stopped()
    {
        var leader = bench.Host("a", 1).Lead();
        bench.Settle();

        leader.MaySpeak = false;
        bench.Monitor.OnRightToSpeakChanged(leader);
        bench.Beat(2, 3);
        bench.Beat(2, 3);

        bench.Heartbeats[^1].Heartbeat.Stopped.ShouldBe([leader.Key]);
    }

    [Fact]
    public void A_replica_that_may_speak_again_begins_new_sessions()
    {
        var replica = bench.Host("a", 1).Follow(leader: 2);
        bench.Settle();
        var session = bench.Silos.Get(3).Session;

        bench.Monitor.OnRightToSpeakChanged(replica);

        bench.Silos.Get(3).Session.ShouldBe(session + 1);
    }

    [Fact]
    public void A_replica_without_a_vote_that_joins_here_or_elsewhere_unquiesces_its_leader()
    {
        var near = bench.Host("a", 1).Lead();
        var far = bench.Host("b", 1).Lead();
        bench.Settle();

        bench.Monitor.Joined(new ReplicaKey("a", new ReplicaId(4)));
        bench.Hear(2, joined: [new ReplicaKey("b", new ReplicaId(4))]);
        bench.Beat(2, 3);

        near.Calls.ShouldBe([false]);
        far.Calls.ShouldBe([false]);
        bench.Heartbeats[^1].Heartbeat.Joined.ShouldBe([new ReplicaKey("a", new ReplicaId(4))]);
    }

    [Fact]
    public void The_named_successor_goes_first_and_the_others_wait_two_seconds_for_it()
    {
        var successor = bench.Host("a", 1).Follow(leader: 2, successor: 1);
        var other = bench.Host("b", 1).Follow(leader: 2, successor: 3);
        bench.Locate("b", 3, silo: 3);
        bench.Settle();

        bench.Monitor.LookForOrphans();
        bench.Beat(2, 3);

        successor.Calls.ShouldBe([true], "nobody knows where its leader is");
        other.Calls.ShouldBeEmpty();
        for (var waited = TimeSpan.Zero; waited <= TimeSpan.FromSeconds(2); waited += bench.Interval)
        {
            bench.Beat(2, 3);
        }

        other.Calls.ShouldBe([true]);
    }

    [Fact]
    public void Only_so_many_elect_at_one_time_and_heartbeats_hurry_until_all_have()
    {
        for (var group = 0; group < 200; group++)
        {
            bench.Host($"group-{group}", 1).Follow(leader: 2);
        }

        bench.Monitor.LookForOrphans();
        bench.Here.ForEach(static replica => replica.Role = replica.Role with { Leader = null });
        bench.Beat(2, 3);

        bench.Here.Count(static replica => replica.Calls.Count > 0).ShouldBe(128);
        bench.Interval.ShouldBeLessThan(bench.Silos.HeartbeatInterval);
        bench.Here.ForEach(static replica => replica.Role = replica.Role with { Leader = replica.Key.Replica, Role = RaftRole.Leader });
        bench.Here.Where(static replica => replica.Calls.Count == 0).ToList().ForEach(static replica => replica.Follow(leader: 2));
        bench.Beat(2, 3);
        bench.Beat(2, 3);
        bench.Here.ShouldAllBe(static replica => replica.Calls.Count == 1);
        bench.Interval.ShouldBe(bench.Silos.HeartbeatInterval);
    }

    [Fact]
    public void A_request_unquiesces_an_orphan_at_once_and_nobody_else()
    {
        var orphan = bench.Host("a", 1).Follow(leader: 2);
        var follower = bench.Host("b", 1).Follow(leader: 3);
        bench.Locate("b", 3, silo: 3);
        bench.Hear(3);

        bench.Monitor.UnquiesceIfOrphaned(orphan);
        bench.Monitor.UnquiesceIfOrphaned(follower);

        orphan.Calls.ShouldBe([true]);
        follower.Calls.ShouldBeEmpty();
    }

    [Fact]
    public void A_silo_that_was_held_up_gives_nobody_up_and_begins_new_sessions()
    {
        var follower = bench.Host("a", 1).Follow(leader: 2);
        bench.Locate("a", 2, silo: 2);
        bench.Settle();
        var session = bench.Silos.Get(2).Session;

        bench.Time.Advance(bench.Silos.Tolerance * 3);
        bench.Monitor.Beat();

        follower.Calls.ShouldBeEmpty();
        bench.Silos.Get(2).Session.ShouldBeGreaterThan(session);
    }

    [Fact]
    public void The_followers_of_a_dead_silos_leaders_are_unquiesced_with_the_next_beat()
    {
        var orphan = bench.Host("a", 1).Follow(leader: 2);
        bench.Locate("a", 2, silo: 2);
        bench.Settle();

        bench.Active.Remove(2);
        bench.Monitor.Forget(2);
        bench.Beat(3);

        orphan.Calls.ShouldBe([true]);
    }
}
