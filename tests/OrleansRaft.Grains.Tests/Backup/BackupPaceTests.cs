using Microsoft.Extensions.Time.Testing;
using OrleansRaft.Grains.Backup;

namespace OrleansRaft.Grains.Tests.Backup;

/// <summary>A backup is no faster than it may be, and a stall costs it little.</summary>
public sealed class BackupPaceTests
{
    private const int Piece = 1_000_000;

    private readonly FakeTimeProvider time = new();

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(125)]
    public async Task A_backup_takes_as_long_as_its_rate_says(int rate)
    {
        var pace = new BackupPace(rate, time);
        var began = time.GetUtcNow();

        for (var pieces = 0; pieces < 10 * rate; pieces++)
        {
            await WriteAsync(pace);
        }

        // The first piece waits for nothing.
        (time.GetUtcNow() - began).TotalSeconds.ShouldBeInRange(10 - (1.0 / rate) - 0.002, 10.002);
    }

    [Fact]
    public async Task After_a_stall_only_a_moment_is_made_up_for()
    {
        var pace = new BackupPace(100, time);
        await WriteAsync(pace);
        time.Advance(TimeSpan.FromMinutes(1));

        var atOnce = 0;
        while (pace.WaitAsync(Piece, TestContext.Current.CancellationToken).AsTask().IsCompleted)
        {
            atOnce++;
        }

        atOnce.ShouldBe(21, "200 ms at 100 MB a second, and one piece that would have come now");
    }

    [Fact]
    public void Without_a_limit_nothing_waits()
    {
        var pace = new BackupPace(0, time);

        for (var pieces = 0; pieces < 1_000; pieces++)
        {
            pace.WaitAsync(Piece, TestContext.Current.CancellationToken).AsTask().IsCompletedSuccessfully.ShouldBeTrue();
        }
    }

    [Fact]
    public async Task A_writer_that_waits_can_give_up()
    {
        using var stop = new CancellationTokenSource();
        var pace = new BackupPace(1, time);
        await pace.WaitAsync(Piece, stop.Token);
        var waiting = pace.WaitAsync(Piece, stop.Token).AsTask();

        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(waiting);
    }

    private async Task WriteAsync(BackupPace pace)
    {
        var waiting = pace.WaitAsync(Piece, TestContext.Current.CancellationToken);
        while (!waiting.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(1));
        }

        await waiting;
    }
}
