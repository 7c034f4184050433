using System.Diagnostics.Metrics;
using Microsoft.Extensions.Time.Testing;
using OrleansRaft.Runtime.Diagnostics;

namespace OrleansRaft.Runtime.Tests;

/// <summary>What a silo says is wrong with it.</summary>
public sealed class AlarmBoardTests
{
    private readonly FakeTimeProvider time = new();

    [Fact]
    public void An_alarm_that_is_raised_again_keeps_its_time_and_takes_the_newer_words()
    {
        var board = new AlarmBoard(time);
        var began = time.GetUtcNow();

        board.Report(AlarmNames.StoreFull, "/data", "The disk is full.", "Free space.").ShouldBeTrue();
        time.Advance(TimeSpan.FromMinutes(1));
        board.Report(AlarmNames.StoreFull, "/data", "The disk is still full.", "Free space.").ShouldBeFalse();

        board.Active.ShouldHaveSingleItem().ShouldBe(new Alarm(AlarmNames.StoreFull, null, null, began, "The disk is still full.", "Free space."));
    }

    [Fact]
    public void An_alarm_is_known_by_its_name_and_its_subject_and_is_cleared_alone()
    {
        var board = new AlarmBoard(time);
        board.Report(AlarmNames.StoreFull, "a", "a is full.", "Free space.");
        board.Report(AlarmNames.StoreUnreachable, "a", "a is away.", "Start it.");
        board.Report(AlarmNames.StoreFull, "b", "b is full.", "Free space.", group: "g-0");

        board.Clear(AlarmNames.StoreFull, "a").ShouldBeTrue();
        board.Clear(AlarmNames.StoreFull, "a").ShouldBeFalse();

        board.Active.Select(alarm => alarm.Detail).ShouldBe(["a is away.", "b is full."]);
        board.Subjects(AlarmNames.StoreFull).ShouldBe(["b"]);
        board.Count(AlarmNames.StoreFull).ShouldBe(1);
    }

    [Fact]
    public void The_board_is_bounded_and_keeps_what_came_first()
    {
        var board = new AlarmBoard(time);
        for (var i = 0; i < 1_500; i++)
        {
            board.Report(AlarmNames.StoreCorrupt, $"g/{i}", "It is damaged.", "Replace it.");
        }

        board.Active.Count.ShouldBe(1_000);
        board.Subjects(AlarmNames.StoreCorrupt).ShouldContain("g/0");
    }

    [Fact]
    public void The_metric_counts_every_kind_and_tells_of_none_too()
    {
        var board = new AlarmBoard(time);
        board.Report(AlarmNames.StoreFull, "a", "a is full.", "Free space.");
        using var metrics = new RaftMetrics(alarms: board);
        var counted = new Dictionary<string, int>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Meter == metrics.Meter && instrument.Name == "raft.alarms")
                {
                    listening.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<int>((_, value, tags, _) => counted[(string)tags[0].Value!] = value);
        listener.Start();

        listener.RecordObservableInstruments();

        counted.Keys.ShouldBe(AlarmNames.All, ignoreOrder: true);
        counted[AlarmNames.StoreFull].ShouldBe(1);
        counted.Values.Sum().ShouldBe(1);
    }
}
