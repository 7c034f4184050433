using OrleansRaft.Core;
using OrleansRaft.Runtime.Sessions;

namespace OrleansRaft.Runtime.Tests;

public sealed class RaftOptionsTests
{
    [Fact]
    public void The_defaults_are_valid_and_those_of_Core()
    {
        Failures(_ => { }).ShouldBeEmpty();
        new RaftOptions().ToSettings().ShouldBe(new RaftSettings());
        new RaftOptions().ToSessionLimits().ShouldBe(SessionLimits.Initial);
    }

    [Fact]
    public void Every_wrong_value_is_named_in_a_sentence()
    {
        Failures(options => options.ElectionTicksMin = 2).ShouldHaveSingleItem().ShouldContain("Raft:ElectionTicksMin is 2, but must be at least three times");
        Failures(options => options.ElectionTicksMax = 4).ShouldHaveSingleItem().ShouldContain("Raft:ElectionTicksMax");
        Failures(options => options.HeartbeatTicks = 0).ShouldHaveSingleItem().ShouldContain("Raft:HeartbeatTicks is 0");
        Failures(options => options.TickInterval = TimeSpan.Zero).ShouldHaveSingleItem().ShouldContain("Raft:TickInterval");
        Failures(options => options.InboxBytesMax = 1).ShouldHaveSingleItem().ShouldContain("Raft:InboxBytesMax");
        Failures(options => (options.LeaderLease, options.CheckQuorum) = (true, false)).ShouldHaveSingleItem().ShouldContain("Raft:LeaderLease");
        Failures(options => options.RoundWaitMax = TimeSpan.FromSeconds(1)).ShouldHaveSingleItem().ShouldContain("Raft:RoundWaitMax is 00:00:01, but must be between 0");
        Failures(options => options.ReturnPatience = TimeSpan.FromSeconds(-1)).ShouldHaveSingleItem().ShouldContain("Raft:ReturnPatience is -00:00:01, but must be between 0");
        Failures(options => options.RequestRetention = TimeSpan.FromSeconds(6)).ShouldHaveSingleItem().ShouldContain("Raft:RequestRetention");
        Failures(options => options.AttemptTimeout = TimeSpan.FromSeconds(6)).ShouldHaveSingleItem().ShouldContain("Raft:AttemptTimeout");
        Failures(options => (options.SessionsMax, options.RequestIdsMax) = (0, -1)).Count.ShouldBe(2);
    }

    private static List<string> Failures(Action<RaftOptions> change)
    {
        var options = new RaftOptions();
        change(options);
        return [.. new RaftOptionsValidator().Validate(null, options).Failures ?? []];
    }
}
