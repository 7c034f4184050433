using OrleansRaft.Grains.Routing;

namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>On whose thread, and in whose context, the work of all callers begins.</summary>
public sealed class DetachedTests
{
    private static readonly AsyncLocal<string?> Ambient = new();

    [Fact]
    public async Task It_begins_on_a_thread_of_the_pool_that_is_free_for_it_and_sees_nothing_of_the_callers_context()
    {
        await StartAsync();

        var (began, caller) = await Task.Run(() =>
        {
            Ambient.Value = "the caller's";
            return (Begin(), Environment.CurrentManagedThreadId);
        });

        began.IsCompleted.ShouldBeTrue("it began before the call returned");
        (await began).ShouldBe((caller, null));
    }

    [Fact]
    public async Task It_never_begins_on_a_turn_of_a_grain()
    {
        await StartAsync();
        var turns = new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler;

        var (began, wasOnTurn) = await Task.Factory.StartNew(
            () =>
            {
                var work = Begin();
                return (work, work.IsCompleted && work.Result.Thread == Environment.CurrentManagedThreadId);
            },
            TestContext.Current.CancellationToken,
            TaskCreationOptions.None,
            turns);

        wasOnTurn.ShouldBeFalse();
        (await began).Ambient.ShouldBeNull();
    }

    /// <summary>The first work goes to the pool, which has an empty context to keep.</summary>
    private static Task<(int Thread, string? Ambient)> StartAsync() => Task.Run(Begin);

    private static Task<(int Thread, string? Ambient)> Begin()
    {
        var source = new TaskCompletionSource<(int, string?)>(TaskCreationOptions.RunContinuationsAsynchronously);
        Detached.Run(_ => source.SetResult((Environment.CurrentManagedThreadId, Ambient.Value)), source);
        return source.Task;
    }
}
