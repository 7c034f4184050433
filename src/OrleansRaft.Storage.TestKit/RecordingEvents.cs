using OrleansRaft.Core;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Storage.TestKit;

/// <summary>Remembers what a log told, and waits for it.</summary>
public sealed class RecordingEvents : IReplicaLogEvents
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan LongDeadline = TimeSpan.FromMinutes(30);

    private static long order;

    private readonly Lock gate = new();
    private readonly List<object> told = [];
    private readonly List<long> orders = [];
    private TaskCompletionSource changed = NewSignal();

    public IReadOnlyList<PersistTicket> Written => [.. Snapshot().OfType<PersistTicket>()];

    public Stopped? StoppedWith => Snapshot().OfType<Stopped>().FirstOrDefault();

    public object LastTold => Snapshot()[^1];

    /// <summary>When the last thing of a kind was told, among everything that any log of the process told.</summary>
    public long OrderOfLast<T>()
    {
        lock (gate)
        {
            return orders[told.FindLastIndex(static what => what is T)];
        }
    }

    public Task WrittenAsync(PersistTicket ticket) => FirstAsync<PersistTicket>(told => told == ticket);

    public Task<Stopped> StoppedAsync() => FirstAsync<Stopped>(_ => true, failsWhenStopped: false);

    public Task<Staged> StagedAsync(long nextOffset) => FirstAsync<Staged>(staged => staged.NextOffset == nextOffset);

    public Task<Staged> LastStagedAsync(int count) => NthAsync<Staged>(count);

    public Task<ChunkRead> ChunkReadAsync(int count) => NthAsync<ChunkRead>(count);

    /// <param name="lastIncluded">Which snapshot.</param>
    /// <param name="patient">Whether it may be large, and take long.</param>
    public Task<Saved> SavedAsync(EntryId lastIncluded, bool patient = false) =>
        FirstAsync<Saved>(saved => saved.Snapshot.LastIncluded == lastIncluded, deadline: patient ? LongDeadline : Deadline);

    public Task<SnapshotFailed> SnapshotFailedAsync() => FirstAsync<SnapshotFailed>(_ => true);

    public Task<Loaded> LoadedAsync() => FirstAsync<Loaded>(_ => true);

    /// <summary>Forgets what was told so far.</summary>
    public void Forget()
    {
        lock (gate)
        {
            told.Clear();
            orders.Clear();
        }
    }

    public Task RightChangedAsync() => FirstAsync<RightChanged>(_ => true);

    public void OnWritten(PersistTicket ticket) => Tell(ticket);

    public void OnChunkStaged(EntryId lastIncluded, long nextOffset) => Tell(new Staged(lastIncluded, nextOffset));

    public void OnChunkRead(ReadSnapshotChunk request, ReadOnlyMemory<byte>? data, bool isLast) =>
        Tell(new ChunkRead(request, data?.ToArray(), isLast));

    public void OnSnapshotSaved(SnapshotDescriptor snapshot) => Tell(new Saved(snapshot));

    public void OnSnapshotFailed(EntryId lastIncluded, MachineException cause) => Tell(new SnapshotFailed(lastIncluded, cause));

    public void OnSnapshotLoaded(SnapshotDescriptor snapshot, SnapshotStream state) => Tell(new Loaded(snapshot, state));

    public void OnRightToSpeakChanged() => Tell(new RightChanged());

    public void OnStopped(LogStopReason reason, Exception cause) => Tell(new Stopped(reason, cause));

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private object[] Snapshot()
    {
        lock (gate)
        {
            return [.. told];
        }
    }

    private void Tell(object what)
    {
        lock (gate)
        {
            told.Add(what);
            orders.Add(Interlocked.Increment(ref order));
            changed.TrySetResult();
            changed = NewSignal();
        }
    }

    private Task<T> FirstAsync<T>(Func<T, bool> condition, bool failsWhenStopped = true, TimeSpan? deadline = null) =>
        WaitAsync(all => all.OfType<T>().Where(condition).Cast<object>().FirstOrDefault(), failsWhenStopped, typeof(T).Name, deadline).ContinueWith(
            task => (T)task.GetAwaiter().GetResult(), TaskScheduler.Default);

    private Task<T> NthAsync<T>(int count) =>
        WaitAsync(
            all => all.OfType<T>().Cast<object>().ElementAtOrDefault(count - 1), failsWhenStopped: true, $"{typeof(T).Name} {count}").ContinueWith(
                task => (T)task.GetAwaiter().GetResult(), TaskScheduler.Default);

    private async Task<object> WaitAsync(Func<object[], object?> find, bool failsWhenStopped, string what, TimeSpan? within = null)
    {
        using var deadline = new CancellationTokenSource(within ?? Deadline);
        while (true)
        {
            Task next;
            lock (gate)
            {
                next = changed.Task;
            }

            var all = Snapshot();
            if (find(all) is { } found)
            {
                return found;
            }

            if (failsWhenStopped && all.OfType<Stopped>().FirstOrDefault() is { } stopped)
            {
                throw new InvalidOperationException($"the log stopped ({stopped.Reason}) before {what}", stopped.Cause);
            }

            try
            {
                await next.WaitAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"{what} was not told within {within ?? Deadline}; told: {string.Join(", ", all)}");
            }
        }
    }
}
