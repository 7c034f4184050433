using System.Net;
using OrleansRaft.Grains.Transport;

namespace OrleansRaft.Grains.Tests.Transport;

/// <summary>When a lane is reported as broken to those that look.</summary>
public sealed class LaneHealthTests
{
    private static readonly SiloAddress Target = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 1), 1);

    private readonly LaneHealth health = new();

    [Fact]
    public void One_late_acknowledgement_is_not_reported()
    {
        health.NoteMissed(Target, isCut: false).ShouldBeFalse();

        health.NoteAcknowledged(Target).ShouldBeFalse();
    }

    [Fact]
    public void A_silo_that_acknowledges_nothing_is_reported_once_and_so_is_its_return()
    {
        var reported = Enumerable.Range(0, 20).Count(_ => health.NoteMissed(Target, isCut: false));

        reported.ShouldBe(1);
        health.NoteAcknowledged(Target).ShouldBeTrue();
        health.NoteAcknowledged(Target).ShouldBeFalse();
    }

    [Fact]
    public void Misses_count_only_while_nothing_is_acknowledged_between()
    {
        for (var round = 0; round < 10; round++)
        {
            health.NoteMissed(Target, isCut: false).ShouldBeFalse();
            health.NoteMissed(Target, isCut: false).ShouldBeFalse();
            health.NoteAcknowledged(Target).ShouldBeFalse();
        }
    }

    [Fact]
    public void A_link_that_a_fault_cuts_is_reported_at_once()
    {
        health.NoteMissed(Target, isCut: true).ShouldBeTrue();

        health.NoteMissed(Target, isCut: true).ShouldBeFalse();
        health.NoteAcknowledged(Target).ShouldBeTrue();
    }
}
