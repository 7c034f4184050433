namespace OrleansRaft.Runtime.Pulses;

/// <summary>A pulse for which somebody has asked, and which has no thread yet. One of the two is to be called, once.</summary>
internal interface IDuePulse
{
    /// <summary>Gets it a thread of the worker's host.</summary>
    void Wake();

    /// <summary>Makes a pass on this thread, and one for what follows from it; if more is to be done, the host's thread goes on.</summary>
    void Carry();
}
