using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Runtime.Tests.Storage;

public sealed class WakeSignalTests
{
    [Fact]
    public void Lets_one_wait_return_also_when_it_was_set_before()
    {
        using var signal = new WakeSignal();

        signal.Set();
        signal.Set();

        signal.Wait(TimeSpan.Zero).ShouldBeTrue();
        signal.Wait(TimeSpan.Zero).ShouldBeFalse();
    }

    /// <summary>At the end of a pass over replicas, on a thread of the pool, an exception would end the process.</summary>
    [Fact]
    public void Whoever_sets_it_behind_the_end_of_its_writer_is_not_harmed()
    {
        var signal = new WakeSignal();
        signal.Dispose();

        Should.NotThrow(signal.Set);
    }
}
