using OrleansRaft.Core;
using OrleansRaft.Runtime.Levels;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Runtime.Tests;

/// <summary>
/// The rules by which a cluster goes over to a later feature level: when all silos support it, absent ones included, and never back.
/// </summary>
public sealed class ClusterLevelsTests
{
    private static readonly SiloLevel One = new("one", 2);
    private static readonly SiloLevel Two = new("two", 2);
    private static readonly SiloLevel OldThree = new("three", 1);

    [Fact]
    public void A_level_is_raised_when_every_silo_that_is_known_supports_it_whether_it_is_there_or_not()
    {
        var levels = new ClusterLevels(1, []).With(One).With(Two).With(OldThree);

        levels.Advance([]).ShouldBeNull();
        levels.Reachable([]).ShouldBe(1);
        levels.With(new SiloLevel("three", 2)).Advance([]).ShouldNotBeNull().InForce.ShouldBe(2);
        levels.InForce.ShouldBe(1, "it is a value");
    }

    [Fact]
    public void A_silo_that_comes_back_with_its_former_program_holds_the_level_again()
    {
        var levels = new ClusterLevels(1, []).With(One).With(Two with { Newest = 2 });

        levels.With(Two with { Newest = 1 }).Advance([]).ShouldBeNull();
        levels.With(Two with { Newest = 1 }).Silos.Length.ShouldBe(2);
    }

    [Fact]
    public void A_silo_that_will_not_come_back_does_not_count_and_is_forgotten()
    {
        var levels = new ClusterLevels(1, []).With(One).With(OldThree);

        var raised = levels.Advance(["three"]).ShouldNotBeNull();

        raised.InForce.ShouldBe(2);
        raised.Silos.ShouldBe([One]);
        Should.Throw<StoreRefusedException>(() => raised.With(OldThree)).Message.ShouldContain("never lowered");
    }

    /// <summary>Where silos have files of their own, all of these must have been heard of, now and at the next upgrade.</summary>
    [Fact]
    public void A_silo_that_left_for_good_holds_nobody_up_and_its_store_is_remembered_until_it_comes_back()
    {
        var three = new SiloLevel("three", 1, "disk-3");
        var levels = new ClusterLevels(1, []).With(One).With(three);

        var left = levels.Without(["three"]);

        left.Advance([]).ShouldNotBeNull().InForce.ShouldBe(2);
        left.Silos.ShouldBe([One, three with { HasLeft = true }]);
        ClusterLevels.Read(left.Write()).ShouldBe(left);
        left.With(three).Advance([]).ShouldBeNull("it is there again");
        levels.Without(["one"]).Silos.ShouldBe([three], "one without a store of its own is forgotten");
    }

    /// <summary>A local store has one silo at a time. Where the store is shared nobody can tell a silo that was renamed from one that is absent.</summary>
    [Fact]
    public void A_silo_that_was_renamed_is_known_by_its_local_store_and_holds_nobody_up_under_its_former_name()
    {
        var (former, renamed) = (new SiloLevel("three", 1, "disk-3"), new SiloLevel("four", 2, "disk-3"));
        var levels = new ClusterLevels(1, []).With(One).With(former).With(renamed);

        levels.Advance([]).ShouldBeNull();
        levels.WithoutFormerNames(renamed, ["one", "four"]).Advance([]).ShouldNotBeNull().InForce.ShouldBe(2);
        levels.WithoutFormerNames(renamed, ["one", "three", "four"]).ShouldBe(levels, "the other one is there");
        levels.WithoutFormerNames(One, ["one"]).ShouldBe(levels, "nobody else held a store of its own");
        var shared = new ClusterLevels(1, []).With(OldThree).With(new SiloLevel("four", 2));
        shared.WithoutFormerNames(new SiloLevel("four", 2), ["four"]).Advance([]).ShouldBeNull();
        shared.Advance(["three"]).ShouldNotBeNull();
    }

    [Fact]
    public void A_level_is_never_lowered()
    {
        var levels = new ClusterLevels(2, [One, OldThree]);

        levels.Advance([]).ShouldBeNull();
        levels.Advance(["one"]).ShouldBeNull();
        var level = new ClusterLevel(2, 1);
        level.Learn(2).ShouldBeTrue();
        level.Learn(1).ShouldBeFalse();
        level.InForce.ShouldBe(2);
    }

    [Fact]
    public void A_program_that_lacks_the_level_in_force_is_refused_with_a_sentence()
    {
        Should.Throw<StoreRefusedException>(() => ClusterLevels.Require(3, 2)).Message
            .ShouldBe("the cluster works at feature level 3, and this program supports levels up to 2: it is too old, and a level is never "
                + "lowered. Start a program that is as new as the other silos'; `oraft cluster versions` tells what they support");
        Should.Throw<StoreRefusedException>(() => ClusterLevels.Require(FeatureLevels.Oldest - 1, 2)).Message.ShouldContain("it is too new");
        ClusterLevels.Require(FeatureLevels.Oldest, FeatureLevels.Newest);
    }

    [Fact]
    public void What_is_stored_is_read_back_and_damage_is_refused()
    {
        var levels = new ClusterLevels(2, [new SiloLevel("one", 3, "disk-1", "1.2.3"), Two]);

        levels.Write().ShouldBe(
            """{"level":2,"silos":[{"name":"one","newest":3,"store":"disk-1","program":"1.2.3"},{"name":"two","newest":2,"store":"","program":""}]}""");
        ClusterLevels.Read(levels.Write()).ShouldBe(levels);
        foreach (var damaged in new[] { "", "{}", "null", """{"level":0,"silos":[]}""", """{"level":1}""", """{"level":1,"silos":[null]}""", """{"level":1,"silos":[{}]}""" })
        {
            Should.Throw<CorruptDataException>(() => ClusterLevels.Read(damaged), damaged);
        }
    }
}
