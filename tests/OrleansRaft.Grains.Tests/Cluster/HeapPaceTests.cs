using System.Runtime.CompilerServices;
using OrleansRaft.Grains.Liveness;

namespace OrleansRaft.Grains.Tests.Cluster;

public sealed class HeapPaceTests
{
    private const long Mebi = 1024 * 1024;

    [Theory]
    [InlineData(1_000, 1_130, 900, true)]
    [InlineData(1_000, 1_120, 900, false)]
    [InlineData(1_000, 1_130, 400, false)]
    [InlineData(100, 133, 70, true)]
    [InlineData(100, 131, 70, false)]
    [InlineData(100, 500, 60, false)]
    [InlineData(0, 200, 100, true)]
    public void A_collection_is_due_when_an_eighth_has_come_on_top_of_what_lived_and_most_of_that_is_large_states(
        int lived, int now, int states, bool isDue) =>
        HeapPace.IsDue(lived * Mebi, now * Mebi, () => states * Mebi).ShouldBe(isDue);

    [Fact]
    public void Where_little_has_come_on_top_nobody_adds_up_states() =>
        HeapPace.IsDue(100 * Mebi, 101 * Mebi, static () => throw new InvalidOperationException("every replica was asked")).ShouldBeFalse();

    /// <summary>
    /// What a write replaces has been there for long, and the collector, left alone, looks at what is old when four fifths have come on top. Seen by
    /// what a finalizer says, since nothing else tells that a thing is gone.
    /// </summary>
    [Fact]
    public async Task What_writes_to_a_large_state_replace_is_collected_soon()
    {
        const int BlockBytes = 16 * 1024;
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var state = new object[128 * Mebi / BlockBytes];
        Fill(state, 0, state.Length);
        Watch(state, gone);
        GC.Collect();
        GC.Collect();
        var pace = new HeapPace(static () => GC.GetTotalMemory(forceFullCollection: false));

        // Half of the state at most: an eighth, unless the rest of this process is large. What this method has on its stack is left each time, and a
        // collection that another test has begun may end, in which none is begun.
        for (var part = 0; part < 16 && !gone.Task.IsCompleted; part++)
        {
            Fill(state, part * state.Length / 32, state.Length / 32);
            pace.Consider();
            await Task.WhenAny(gone.Task, Task.Delay(TimeSpan.FromMilliseconds(50), TestContext.Current.CancellationToken));
        }

        await gone.Task.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        GC.KeepAlive(state);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Watch(object[] state, TaskCompletionSource gone) => state[0] = new Replaced(gone);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Fill(object[] state, int first, int count)
        {
            for (var place = first; place < first + count; place++)
            {
                state[place] = new byte[BlockBytes];
            }
        }
    }

    private sealed class Replaced(TaskCompletionSource gone)
    {
        ~Replaced() => gone.TrySetResult();
    }
}
