using System.Net;
using Microsoft.Extensions.Time.Testing;
using OrleansRaft.Grains.Cluster;

namespace OrleansRaft.Grains.Tests.Cluster;

/// <summary>Which silos are left alone when leaders are spread.</summary>
public sealed class RecentlyJoinedSilosTests
{
    private const int Began = 1_000;
    private static readonly SiloAddress Oldest = StartedAt(Began);

    private readonly FakeTimeProvider time = new();
    private readonly RecentlyJoinedSilos newcomers;

    public RecentlyJoinedSilosTests() => newcomers = new RecentlyJoinedSilos(time);

    [Fact]
    public void Silos_that_started_together_are_no_newcomers()
    {
        newcomers.Look([Oldest, StartedAt(Began + 5)]);

        newcomers.Any.ShouldBeFalse();
    }

    [Fact]
    public void A_silo_that_joins_others_is_one_for_five_seconds_after_it_was_first_seen()
    {
        var joining = StartedAt(Began + 6);
        newcomers.Look([Oldest]);
        time.Advance(TimeSpan.FromMinutes(1));

        newcomers.Look([Oldest, joining]);
        var atFirst = newcomers.Contains(joining);
        time.Advance(TimeSpan.FromSeconds(5) - TimeSpan.FromTicks(1));
        newcomers.Look([Oldest, joining]);
        var almostAfter = newcomers.Contains(joining);
        time.Advance(TimeSpan.FromTicks(1));
        newcomers.Look([Oldest, joining]);

        (atFirst, almostAfter, newcomers.Any).ShouldBe((true, true, false));
        newcomers.Contains(Oldest).ShouldBeFalse();
    }

    [Fact]
    public void A_silo_that_went_and_started_again_is_one_again()
    {
        newcomers.Look([Oldest, StartedAt(Began + 1)]);
        newcomers.Look([Oldest]);

        newcomers.Look([Oldest, StartedAt(Began + 60)]);

        newcomers.Contains(StartedAt(Began + 60)).ShouldBeTrue();
    }

    /// <summary>Who is left when the oldest has gone would else all be new beside each other.</summary>
    [Fact]
    public void Silos_that_have_been_seen_for_long_are_none_whoever_goes()
    {
        newcomers.Look([Oldest, StartedAt(Began + 60), StartedAt(Began + 120)]);
        time.Advance(TimeSpan.FromSeconds(5));

        newcomers.Look([StartedAt(Began + 60), StartedAt(Began + 120)]);

        newcomers.Any.ShouldBeFalse();
    }

    /// <summary>A silo's generation is when it started, in seconds.</summary>
    private static SiloAddress StartedAt(int seconds) => SiloAddress.New(IPAddress.Loopback, 10_000 + seconds, seconds);
}
