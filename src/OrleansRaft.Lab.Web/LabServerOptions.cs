namespace OrleansRaft.Lab.Web;

/// <summary>What the section <c>Raft:Server</c> of a silo's configuration says of the lab.</summary>
public sealed class LabServerOptions
{
    /// <summary>The name of the configuration section.</summary>
    public const string SectionName = "Raft:Server";

    /// <summary>
    /// Whether <c>/lab</c> and <c>/api/v1/lab</c> play scenarios: for teaching, since each play takes a processor for a moment. <c>oraft lab</c>
    /// needs no server.
    /// </summary>
    /// <value>The default is <see langword="false"/>.</value>
    public bool Lab { get; set; }
}
