namespace OrleansRaft.Runtime.Pulses;

/// <summary>Gives a <see cref="StepWorker"/> a thread, and takes together what one pass brings forth.</summary>
internal interface IPulseHost
{
    /// <summary>
    /// Arranges that <see cref="StepWorker.Pulse"/> is called soon, never inside this call. Any thread; once until that pulse has ended.
    /// </summary>
    void Wake();

    /// <summary>Turns of several members follow: what they write and send may wait for <see cref="OnPassEnded"/>.</summary>
    void OnPassBegun();

    /// <summary>All of them have had their turn: what they wrote and sent goes now.</summary>
    void OnPassEnded();

    /// <summary>A turn threw, which none does; the others of the pass follow.</summary>
    /// <param name="cause">What it threw.</param>
    void OnTurnFailed(Exception cause);
}
