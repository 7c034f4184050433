using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;

namespace OrleansRaft.Grains.Tests.Cluster;

/// <summary>Which silos cannot take part in one cluster, since what they have for a set does not go together.</summary>
public sealed class SetSupportTests
{
    private static readonly SetSupport Here = Of<string, long>(1, 2);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 3)]
    [InlineData(1, 5)]
    public void Programs_that_have_a_version_in_common_go_together(int oldest, int newest) =>
        Here.FindConflict(Of<string, long>(oldest, newest), "silo-2").ShouldBeNull();

    [Fact]
    public void Programs_without_a_version_in_common_do_not()
    {
        var conflict = Here.FindConflict(Of<string, long>(3, 3), "silo-2").ShouldNotBeNull();

        conflict.ShouldContain("supports versions 1 to 2 of the state machine of the set 'set', and the program of silo 'silo-2' supports version 3");
        conflict.ShouldContain("Upgrade through a program that supports versions of both");
        Of<string, long>(3, 3).FindConflict(Here, "silo-1").ShouldNotBeNull("whoever comes second");
    }

    [Fact]
    public void Sets_of_one_name_with_other_commands_or_results_do_not_go_together()
    {
        Here.FindConflict(Of<string, int>(1, 2), "silo-2").ShouldNotBeNull().ShouldContain("of System.String and System.Int32 on silo 'silo-2'");
        Here.FindConflict(Of<Renamed, long>(1, 2), "silo-2").ShouldNotBeNull().ShouldContain("of former-name and System.Int64 on silo 'silo-2'");
    }

    /// <summary>The name of the class is part of the keys under which states are kept.</summary>
    [Fact]
    public void Sets_that_keep_the_states_of_one_interface_under_two_names_do_not_go_together()
    {
        var here = With(Here, new SetPart("bank.IAccount", "bank.Account", 1));

        here.FindConflict(With(Here, new SetPart("bank.IAccount", "bank.NewAccount", 1)), "silo-2").ShouldNotBeNull().ShouldContain(
            "keeps the states of bank.IAccount under the name bank.Account here, and under bank.NewAccount on silo 'silo-2'");
        here.FindConflict(With(Here, new SetPart("bank.ITeller", "bank.Account", 1)), "silo-2").ShouldBeNull();
        here.FindConflict(Here, "silo-2").ShouldBeNull("it does not say");
    }

    [Fact]
    public void A_class_that_another_program_lacks_at_a_version_that_it_supports_is_a_gap()
    {
        var account = new SetPart("bank.IAccount", "bank.Account", 1);
        var former = With(Of<string, long>(1, 1), account);

        With(Here, account, new SetPart("bank.ITeller", "bank.Teller", 1)).FindGap(former, "silo-2").ShouldNotBeNull().ShouldContain(
            "silo 'silo-2' supports version 1 of the set 'set', from which on there is bank.ITeller, but lacks it");
        With(Here, account, new SetPart("bank.ITeller", "bank.Teller", 1)).FindGap(former, "silo-2").ShouldNotBeNull().ShouldContain("[Since(2)]");
        With(Here, account, new SetPart("bank.ITeller", "bank.Teller", 2)).FindGap(former, "silo-2").ShouldBeNull("it is marked");
        With(Here, account).FindGap(former, "silo-2").ShouldBeNull();
        With(Here, account).FindGap(Here, "silo-2").ShouldBeNull("it does not say");
    }

    /// <summary>Replicas live where the version in force is supported.</summary>
    [Fact]
    public void A_program_supports_the_versions_between_its_oldest_and_its_newest() =>
        Enumerable.Range(0, 4).Select(Here.Supports).ShouldBe([false, true, true, false]);

    private static SetSupport With(SetSupport set, params SetPart[] parts) => set with { Parts = parts };

    private static SetSupport Of<TCommand, TResult>(int oldest, int newest) => SetSupport.Of(
        StateMachineRegistration.Of("set", 1, 1, new StateMachineTypes(typeof(TCommand), typeof(TResult), typeof(object)), static _ => null!),
        new MachineVersions(oldest, newest));
}

[Alias("former-name")]
public sealed record Renamed;
