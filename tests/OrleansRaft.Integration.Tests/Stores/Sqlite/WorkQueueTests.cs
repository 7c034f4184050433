using OrleansRaft.Sqlite.Internal;

namespace OrleansRaft.Integration.Tests.Stores.Sqlite;

/// <summary>What waits for SQLite's writer, and how the writer waits.</summary>
public sealed class WorkQueueTests : IDisposable
{
    private readonly WorkQueue queue = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => queue.Dispose();

    [Fact]
    public async Task Work_wakes_the_writer_that_waits_for_it()
    {
        List<Work> batch = [];
        var taking = Task.Run(() => queue.Take(batch, Timeout.InfiniteTimeSpan), Cancellation);

        queue.TryAdd(NewWork()).ShouldBeTrue();

        (await taking.WaitAsync(Cancellation)).ShouldBeTrue();
        batch.Count.ShouldBe(1);
    }

    /// <summary>The store may fail between the writer's last look at it and its wait, and then nothing else would wake it.</summary>
    [Fact]
    public async Task A_writer_that_is_woken_before_it_waits_does_not_wait()
    {
        List<Work> batch = [];
        queue.Wake();

        var hasMore = await Task.Run(() => queue.Take(batch, Timeout.InfiniteTimeSpan), Cancellation).WaitAsync(Cancellation);

        hasMore.ShouldBeTrue();
        batch.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_queue_that_is_closed_lets_its_writer_go_when_nothing_is_left()
    {
        List<Work> batch = [];
        queue.TryAdd(NewWork()).ShouldBeTrue();
        queue.Close();

        queue.TryAdd(NewWork()).ShouldBeFalse();
        (await Task.Run(() => queue.Take(batch, Timeout.InfiniteTimeSpan), Cancellation).WaitAsync(Cancellation)).ShouldBeTrue();
        batch.Count.ShouldBe(1);
        batch.Clear();
        (await Task.Run(() => queue.Take(batch, Timeout.InfiniteTimeSpan), Cancellation).WaitAsync(Cancellation)).ShouldBeFalse();
    }

    private static Work NewWork() => new(static _ => static () => { }, static _ => { }, 1, IsBulk: false);
}
