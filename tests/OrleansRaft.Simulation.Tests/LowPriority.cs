using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace OrleansRaft.Simulation.Tests;

/// <summary>
/// Simulated time waits for nobody, so these tests leave the processor to those of other projects, whose clusters wait for real clocks, and take what
/// is left.
/// </summary>
internal static class LowPriority
{
    [ModuleInitializer]
    internal static void Set()
    {
        using var process = Process.GetCurrentProcess();
        process.PriorityClass = ProcessPriorityClass.BelowNormal;
    }
}
