using OrleansRaft.Grains.Cluster;

namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>What a set of groups may be called, and how large it may be.</summary>
public sealed class GroupSetTests
{
    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a b")]
    public void A_name_that_no_address_could_hold_is_refused(string name) =>
        Should.Throw<ArgumentException>(
            () => StateMachineRegistration.Of<LedgerCommand, LedgerResult, Ledger>(name, 1, 3)).Message.ShouldContain("cannot name a set");

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    public void A_set_begins_with_as_many_voters_as_a_group_may_have(int replicas) =>
        Should.Throw<ArgumentOutOfRangeException>(() => StateMachineRegistration.Of<LedgerCommand, LedgerResult, Ledger>("ledgers", 1, replicas));

    [Theory]
    [InlineData("ledgers")]
    [InlineData("a.b")]
    [InlineData("...")]
    public void Other_names_are_taken(string name) =>
        StateMachineRegistration.Of<LedgerCommand, LedgerResult, Ledger>(name, 1, 3).Set.Name.ShouldBe(name);
}
